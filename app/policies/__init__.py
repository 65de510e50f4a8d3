"""Policy packs as folders of YAML, and the loader that turns one into `domain.policy.PolicyPack`."""
