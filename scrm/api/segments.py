"""Saved conditions."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Segment
from scrm.api.customers import CORP, check_condition
from scrm.api.views import Resource, WritesForOperators
from staff.models import AuditEntry


class SegmentSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    corp = serializers.CharField(source="corp.corpid")

    class Meta:
        model = Segment
        fields = ["id", "corp", "name", "condition", "created_at"]
        read_only_fields = fields


class NewSegmentSerializer(serializers.Serializer):  # type: ignore[type-arg]
    corp = serializers.CharField(required=False, default="")
    name = serializers.CharField(max_length=60)
    condition = serializers.JSONField(help_text="a tree of the condition language")


class SegmentResource(Resource):
    serializer_class = SegmentSerializer
    permission_classes = [IsAuthenticated, WritesForOperators]
    queryset = Segment.objects.none()

    def get_queryset(self) -> QuerySet[Segment]:
        return self.visible(Segment).select_related("corp")

    @extend_schema(parameters=[CORP])
    def list(self, request: Request) -> Response:
        return self.listed(self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self._one(pk)).data)

    @extend_schema(request=NewSegmentSerializer, responses={201: SegmentSerializer})
    def create(self, request: Request) -> Response:
        given = self._given(request.data)
        segment = Segment(corp=self.one_corp(given["corp"]), created_by=self.user)
        return Response(self._saved(segment, given, "segment.created"), status=status.HTTP_201_CREATED)

    @extend_schema(request=NewSegmentSerializer, responses=SegmentSerializer)
    def update(self, request: Request, pk: str) -> Response:
        segment = self._one(pk)
        return Response(self._saved(segment, self._given(request.data), "segment.changed"))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        segment = self._one(pk)
        AuditEntry.write(self.user, "segment.deleted", segment)
        segment.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _one(self, pk: str) -> Segment:
        return get_object_or_404(self.get_queryset(), pk=pk)

    def _given(self, data: Any) -> dict[str, Any]:
        serializer = NewSegmentSerializer(data=data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def _saved(self, segment: Segment, given: dict[str, Any], fact: str) -> Any:
        check_condition("condition", given["condition"], segment.corp)
        segment.name, segment.condition = given["name"], given["condition"]
        try:
            with transaction.atomic():
                segment.save()
                AuditEntry.write(self.user, fact, segment)
        except IntegrityError:
            raise ValidationError({"name": [_("There is a segment of this name already.")]})
        return self.get_serializer(segment).data
