"""The law as values and pure functions. Imports nothing but the pure parts of the standard library."""
