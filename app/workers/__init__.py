"""The loop over rows that are due."""
