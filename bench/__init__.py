"""Figures, each beside its ceiling, both taken in the same run (PERFORMANCE 7). `make bench`, or `python -m bench.inventory`."""
