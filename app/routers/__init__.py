"""HTTP: one file per noun, one call per handler."""
