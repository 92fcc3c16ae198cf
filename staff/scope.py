"""Who may see a row: the one door, shared by pages, API, counts and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from staff.models import User
    from wecom.models import Corp


class Scoped(models.QuerySet):
    """Rows that belong to a corp, and through ``staff_path`` to the staff who serve them.

    ``staff_path`` is the lookup from the row to its ``Staff``. A model without one is seen by those who see
    the whole corp, and by nobody else.
    """

    staff_path: str | None = None

    def of(self, corp: Corp) -> Self:
        return self.filter(corp=corp)

    def visible_to(self, user: User) -> Self:
        rows = self.in_corps_of(user)
        if user.sees_whole_corp:
            return rows
        if self.staff_path is None or user.staff_id is None:
            return rows.none()
        return rows.served_by(user)

    def in_corps_of(self, user: User) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.sees_every_corp:
            return self.all()
        return self.filter(corp_id=user.corp_id)

    def served_by(self, user: User) -> Self:
        return self.filter(**{f"{self.staff_path}__in": user.colleagues()})


class Shared(Scoped):
    """Rows that everybody in the corp may read: tags, stages, materials."""

    def visible_to(self, user: User) -> Self:
        return self.in_corps_of(user)
