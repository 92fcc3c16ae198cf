"""Forms whose saving is a verb that may be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from staff.errors import WrongState


class VerbForm(forms.Form):
    """A refusal, WeCom's or ours, stands above the fields; what was typed survives."""

    def attempt(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        try:
            self.made = verb(*args, **kwargs)
        except WrongState as refusal:
            self.add_error(None, str(refusal))
            return False
        return True
