"""Forms of pages: what they are bound to, and saving by a verb that may be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict

from staff.errors import WrongState


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to. An empty post is an answer too: nothing chosen."""
    return request.POST if request.method == "POST" else None


class VerbForm(forms.Form):
    """A refusal, WeCom's or ours, stands above the fields; what was typed survives."""

    def attempt(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        try:
            self.made = verb(*args, **kwargs)
        except WrongState as refusal:
            self.add_error(None, str(refusal))
            return False
        return True
