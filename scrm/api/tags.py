"""Corp tags. Writes go to WeCom first; it lets an app change only tags that it made."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from scrm.api.customers import CORP
from scrm.api.views import Resource, WritesForOperators
from tags import verbs
from tags.models import Tag, TagGroup

NAME_CHARACTERS = 30


class TagSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    id = serializers.CharField(source="wecom_id", help_text="WeCom's id")
    corp = serializers.CharField(source="corp.corpid")
    group = serializers.CharField(source="group.name")
    group_id = serializers.CharField(source="group.wecom_id")

    class Meta:
        model = Tag
        fields = ["id", "corp", "name", "group", "group_id", "order", "ours"]
        read_only_fields = fields


class NewTagSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A tag in an existing group (`group_id`), or in the group of a name, which is made where it is missing."""

    corp = serializers.CharField(required=False, default="")
    name = serializers.CharField(max_length=NAME_CHARACTERS)
    group = serializers.CharField(max_length=NAME_CHARACTERS, required=False)
    group_id = serializers.CharField(max_length=64, required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("group" in given) == ("group_id" in given):
            raise ValidationError({"group": [_("Give either group or group_id.")]})
        return given


class RenameSerializer(serializers.Serializer):  # type: ignore[type-arg]
    name = serializers.CharField(max_length=NAME_CHARACTERS)


class TagResource(Resource):
    serializer_class = TagSerializer
    permission_classes = [IsAuthenticated, WritesForOperators]
    lookup_value_regex = r"[\w-]{1,64}"
    queryset = Tag.objects.none()
    ordering = "id"

    def get_queryset(self) -> QuerySet[Tag]:
        return self.visible(Tag).live().select_related("corp", "group")

    @extend_schema(parameters=[CORP])
    def list(self, request: Request) -> Response:
        return self.listed(self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self._one(pk)).data)

    @extend_schema(request=NewTagSerializer, responses={201: TagSerializer})
    def create(self, request: Request) -> Response:
        given = NewTagSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        corp = self.one_corp(wanted["corp"])
        groups = TagGroup.objects.of(corp).live()
        chosen = {"wecom_id": wanted["group_id"]} if "group_id" in wanted else {"name": wanted["group"]}
        group = groups.filter(**chosen).first()
        if group is None and "group_id" in wanted:
            raise ValidationError({"group_id": [_("Unknown: %(id)s.") % {"id": wanted["group_id"]}]})
        if group is None:
            group = verbs.create_group(corp, wanted["group"], [wanted["name"]], user=self.user)
        else:
            verbs.add(group, [wanted["name"]], user=self.user)
        tag = get_object_or_404(
            self.visible(Tag).live().select_related("corp", "group"), group=group, name=wanted["name"]
        )
        return Response(self.get_serializer(tag).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RenameSerializer, responses=TagSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        tag = self._one(pk)
        given = RenameSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        verbs.rename(tag, given.validated_data["name"], user=self.user)
        return self.retrieve(request, pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        verbs.delete(self._one(pk), user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _one(self, wecom_id: str) -> Tag:
        return get_object_or_404(self.get_queryset(), wecom_id=wecom_id)
