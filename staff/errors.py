"""What a verb says when the row is not in a state that allows it."""

from wecom.errors import WrongState

__all__ = ["WrongState"]
