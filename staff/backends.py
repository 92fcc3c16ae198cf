"""Who counts as a person that may be signed in: asked at login and again with every request."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from staff.models import User


class StaffBackend(ModelBackend):
    """Django's password check, for users who are active and whose staff member, if any, still works there.

    `get_user` runs with every request of a session, so that whoever is disabled in the middle of one is out with
    the next request.
    """

    def user_can_authenticate(self, user: User) -> bool:  # type: ignore[override]
        return may_sign_in(user)

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("corp", "staff").filter(pk=user_id).first()
        return user if user is not None and may_sign_in(user) else None


def may_sign_in(user: User) -> bool:
    return user.is_active and (user.staff is None or user.staff.active)
