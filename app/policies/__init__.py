"""Policy packs as YAML, and the loader that turns one into a `domain.policy.PolicyPack` or refuses it with file and line."""
