"""Use cases, one function each, told in the order in which the law tells them."""
