"""Rights requests: one file per kind for submission, the rest by what is done to a request of any kind."""
