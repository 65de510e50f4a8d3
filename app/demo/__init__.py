"""The demonstration: one member's erasure request, told against a running sandbox over HTTP."""

from app.demo.story import DemoFailed, tell

__all__ = ["DemoFailed", "tell"]
