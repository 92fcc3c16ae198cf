"""What a view of ours is given, for type checkers: the middleware and `staff.access` see to it that it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from staff.models import User
    from wecom.models import Corp


class Request(HttpRequest):
    """A request of somebody who has logged in and has a corp to look at."""

    user: User  # behind `signed_in` nobody is anonymous
    corp: Corp
    htmx: HtmxDetails
