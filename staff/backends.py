"""Who counts as a person that may be signed in: asked at login and again with every request."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import AllowAllUsersModelBackend
from django.http import HttpRequest

from staff.models import User


class StaffBackend(AllowAllUsersModelBackend):
    """Django's password check, for users who are active and whose staff member, if any, still works there.

    `get_user` runs with every request of a session, so that whoever is disabled in the middle of one is out with
    the next request.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """As Django does. A right password of somebody who may not sign in leaves a note for the form."""
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is None or may_sign_in(user):
            return user
        if request is not None:
            request.sign_in_refused = True  # type: ignore[attr-defined]
        return None

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("corp", "staff").filter(pk=user_id).first()
        return user if user is not None and may_sign_in(user) else None


def may_sign_in(user: User) -> bool:
    return user.is_active and (user.staff is None or user.staff.active)
