"""Every query of the product. Functions take the unit of work first; only services call them."""
