"""Tables, and nothing but tables: never a request or response body."""
