"""Customers: list, count, one, its timeline, its tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from customers import tagging
from customers.models import Customer, Event, Follow, FollowStatus
from customers.segments import ConditionError, parse
from scrm.api import strict
from scrm.api.errors import at
from scrm.api.views import Resource
from tags.models import Tag
from wecom.models import Corp

MOST_TAGS = 100

CORP = OpenApiParameter("corp", str, description="corpid; may be left out by those who have one corp")
FILTERS = [
    CORP,
    OpenApiParameter("q", str, description="text in the name or in a remark that you may read"),
    OpenApiParameter("condition", str, description='JSON of the condition language, such as {"all": []}'),
]


class TagShownSerializer(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.CharField(help_text="WeCom's id")
    name = serializers.CharField()
    group = serializers.CharField(help_text="the group's name")


class FollowSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    staff = serializers.CharField(source="staff.userid")
    tags = serializers.SerializerMethodField()
    added_at = serializers.DateTimeField(source="since")

    class Meta:
        model = Follow
        fields = [
            "staff", "status", "remark", "description", "tags", "state", "add_way", "added_at", "ended_at", "ended_by",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_tags(self, follow: Follow) -> list[str]:
        return [tag.wecom_id for tag in follow.tags.all()]


class CustomerSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    """A customer's tags are those of all live follows; the follows shown are those that the asker may see."""

    corp = serializers.CharField(source="corp.corpid")
    stage = serializers.CharField(source="stage.key", allow_null=True, default=None)
    lost = serializers.BooleanField(source="digest.lost")
    tags = serializers.SerializerMethodField()
    follows = serializers.SerializerMethodField()
    added_at = serializers.DateTimeField(source="digest.added_at", help_text="of the earliest live follow")
    first_added_at = serializers.DateTimeField(source="digest.first_at", help_text="of the earliest follow of all")

    class Meta:
        model = Customer
        fields = [
            "id", "corp", "external_userid", "name", "avatar", "type", "gender", "unionid", "stage", "lost", "tags",
            "follows", "added_at", "first_added_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(TagShownSerializer(many=True))
    def get_tags(self, customer: Customer) -> list[dict[str, str]]:
        tags = {
            tag for follow in customer.follows.all() if follow.status == FollowStatus.LIVE for tag in follow.tags.all()
        }
        ordered = sorted(tags, key=lambda tag: (-tag.group.order, tag.group_id, -tag.order, tag.pk))
        return [{"id": tag.wecom_id, "name": tag.name, "group": tag.group.name} for tag in ordered]

    @extend_schema_field(FollowSerializer(many=True))
    def get_follows(self, customer: Customer) -> list[dict[str, Any]]:
        seen_by: set[int] | None = self.context["seen_by"]
        shown = [one for one in customer.follows.all() if seen_by is None or one.staff_id in seen_by]
        return FollowSerializer(shown, many=True).data  # type: ignore[return-value]


class EventSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    staff = serializers.CharField(source="staff.userid", allow_null=True, default=None)

    class Meta:
        model = Event
        fields = ["kind", "at", "staff", "detail"]
        read_only_fields = fields


class MarkSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Tags to put on and to take off, by WeCom's ids, on the follow of one staff member."""

    staff = serializers.CharField(max_length=64)
    add = serializers.ListField(child=serializers.CharField(max_length=64), max_length=MOST_TAGS, default=list)
    remove = serializers.ListField(child=serializers.CharField(max_length=64), max_length=MOST_TAGS, default=list)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not given["add"] and not given["remove"]:
            raise ValidationError({"add": [_("Name a tag to put on or to take off.")]})
        if set(given["add"]) & set(given["remove"]):
            raise ValidationError({"remove": [_("A tag cannot be put on and taken off at once.")]})
        return given


class CustomerResource(Resource):
    serializer_class = CustomerSerializer
    orderings = {"added_at": ("digest__first_at", "pk"), "id": ("pk",)}
    ordering = "-added_at"
    queryset = Customer.objects.none()  # for the schema; what is shown comes from `visible`

    @cached_property
    def seen_by(self) -> set[int] | None:
        """Keys of the staff whose follows the asker may see; None: everybody's."""
        return None if self.user.sees_whole_corp else set(self.user.colleagues().values_list("pk", flat=True))

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        return {**context, "seen_by": self.seen_by if self.request else None}

    def get_queryset(self) -> QuerySet[Customer]:
        return self.visible(Customer)

    def shown(self, rows: QuerySet[Customer]) -> QuerySet[Customer]:
        """With what the serializer reads: three queries for any number of rows."""
        tags = Prefetch("tags", Tag.objects.live().select_related("group"))
        follows = Follow.objects.select_related("staff").prefetch_related(tags)
        return rows.select_related("corp", "stage", "digest").prefetch_related(Prefetch("follows", follows))

    def filtered(self) -> QuerySet[Customer]:
        """By `q` and `condition`, both in one tree. 400 with the path to what is wrong in them."""
        rows = self.get_queryset().filter(digest__isnull=False)
        parts = [*self._condition_of("q"), *self._condition_of("condition")]
        if not parts:
            return rows
        return rows.matching({"all": parts}, self.one_corp(), self.user)

    def _condition_of(self, name: str) -> Sequence[Any]:
        text = self.request.query_params.get(name, "").strip()
        if not text:
            return []
        try:
            tree = strict.loads(text) if name == "condition" else {"field": "name", "op": "contains", "value": text}
        except ValueError as error:
            raise at(name, "", str(error))
        check_condition(name, tree, self.one_corp())
        return [tree]

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        return self.listed(self.shown(self.filtered()))

    @extend_schema(
        parameters=FILTERS, responses={200: {"type": "object", "properties": {"count": {"type": "integer"}}}}
    )
    @action(detail=False, pagination_class=None)
    def count(self, request: Request) -> Response:
        return Response({"count": self.filtered().count()})

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(get_object_or_404(self.shown(self.get_queryset()), pk=pk)).data)

    @extend_schema(responses=EventSerializer(many=True))
    @action(detail=True, serializer_class=EventSerializer)
    def timeline(self, request: Request, pk: str) -> Response:
        customer = get_object_or_404(self.get_queryset(), pk=pk)
        rows = customer.timeline(self.user).select_related("staff")
        self.orderings, self.ordering = {"at": ("at", "pk")}, "-at"
        return self.listed(rows)

    @extend_schema(request=MarkSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def tags(self, request: Request, pk: str) -> Response:
        customer = get_object_or_404(self.get_queryset().select_related("corp"), pk=pk)
        given = MarkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        follows = Follow.objects.visible_to(self.user).select_related("corp", "staff", "customer")
        follow = follows.filter(customer=customer, staff__userid=wanted["staff"].lower()).first()
        if follow is None:
            raise ValidationError({"staff": [_("This staff member does not serve the customer.")]})
        add, remove = (tags_named(customer.corp, name, wanted[name]) for name in ("add", "remove"))
        tagging.mark(follow, add, remove, user=self.user)
        return self.retrieve(request, pk)


def check_condition(field: str, tree: Any, corp: Corp) -> None:
    """400 with the path to what is wrong in the tree."""
    try:
        parse(tree, corp)
    except ConditionError as error:
        raise at(field, error.path, error.message)


def tags_named(corp: Corp, field: str, ids: list[str]) -> list[Tag]:
    """The corp's tags of these ids. 400 with the place of one that it does not have."""
    found = {tag.wecom_id: tag for tag in Tag.objects.of(corp).live().filter(wecom_id__in=ids)}
    for n, one in enumerate(ids):
        if one not in found:
            raise at(field, f"[{n}]", _("Unknown: %(id)s.") % {"id": one})
    return list(found.values())
