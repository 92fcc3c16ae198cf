"""What every resource shares: who asks, in which corp, and inputs that are refused before a database sees them."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from scrm.api.strict import UNSTORABLE
from staff.models import User
from wecom.models import Corp

KEY = r"\d{1,18}"  # a primary key that PostgreSQL's bigint holds; anything else is no address


class WritesForOperators(BasePermission):
    """Everybody reads; what the whole corp uses is changed by admins and operators."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or request.user.can_operate


class Resource(GenericViewSet):  # type: ignore[type-arg]
    """Rows that the asker may see, in the corp that `?corp=` names.

    `orderings` and `ordering` are read by `KeysetPagination`.
    """

    permission_classes = [IsAuthenticated]
    lookup_value_regex = KEY
    orderings: dict[str, tuple[str, ...]] = {"id": ("pk",)}
    ordering = "-id"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        for name, value in request.query_params.items():
            if UNSTORABLE.search(f"{name}{value}"):
                raise ParseError(_("A query parameter holds characters that cannot be stored."))
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS and not isinstance(request.data, dict):
            raise ParseError(_("The body must be a JSON object."))

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def corp(self) -> Corp | None:
        """The corp of `?corp=` (a foreign one: 404), or the only one that the user has; None: all of the user's."""
        return self.corp_named(self.request.query_params.get("corp", ""))

    def corp_named(self, corpid: Any) -> Corp | None:
        corps = self.user.corps()
        if corpid:
            corp = corps.filter(corpid=corpid).first() if isinstance(corpid, str) else None
            if corp is None:
                raise Http404
            return corp
        mine = list(corps.order_by("pk")[:2])
        return mine[0] if len(mine) == 1 else None

    def one_corp(self, corpid: Any = None) -> Corp:
        """The corp that a request must be about. 400 where that is left open."""
        corp = self.corp_named(corpid) if corpid is not None else self.corp()
        if corp is None:
            raise ValidationError({"corp": [_("Say which corp: you see several.")]})
        return corp

    def visible(self, model: type[Model]) -> Any:
        """Rows of `model` that the asker may see, in the corp asked about."""
        rows = model.objects.visible_to(self.user)  # type: ignore[attr-defined]
        corp = self.corp()
        return rows.of(corp) if corp else rows

    def listed(self, rows: QuerySet[Any]) -> Any:
        """The page of `rows` that was asked for, as the resource's serializer shows it."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def number(self, name: str) -> int | None:
        """The query parameter `name`, a whole number, where it is given."""
        text = self.request.query_params.get(name, "")
        if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise ValidationError({name: [_("Must be a whole number.")]})
        return int(text) if text else None

    def one_of(self, name: str, values: list[str]) -> str:
        """The query parameter `name`, one of `values`; empty where it is not given."""
        text = self.request.query_params.get(name, "")
        if text and text not in values:
            raise ValidationError({name: [_("Must be one of: %(names)s.") % {"names": ", ".join(values)}]})
        return text
