"""Request and response bodies: unknown fields are refused, types are strict, no value is ever echoed."""
