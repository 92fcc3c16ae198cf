"""WeCom's callbacks, for those who keep the installation running: the list, one, and handling them once more."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from scrm.api.customers import CORP
from scrm.api.views import Resource
from scrm.filters import InboxFilter
from staff.models import AuditEntry
from wecom.models import InboxEvent


class ForAdmins(BasePermission):
    def has_permission(self, request: Request, view: object) -> bool:
        return bool(request.user.is_admin)


class InboxEventSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    corp = serializers.CharField(source="corp.corpid")
    kind = serializers.CharField(source="name", help_text="event.change_type, as the callback table names it")

    class Meta:
        model = InboxEvent
        fields = [
            "id", "corp", "kind", "state", "lane", "userid", "external_userid", "attempts", "error", "next_try_at",
            "created_at_wecom", "received_at", "handled_at", "payload",
        ]  # fmt: skip
        read_only_fields = fields


class InboxEventInFullSerializer(InboxEventSerializer):
    class Meta(InboxEventSerializer.Meta):
        fields = [*InboxEventSerializer.Meta.fields, "traceback"]
        read_only_fields = fields


class ReplayedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    replayed = serializers.IntegerField()


class InboxResource(Resource):
    serializer_class = InboxEventSerializer
    permission_classes = [IsAuthenticated, ForAdmins]
    queryset = InboxEvent.objects.none()

    def get_queryset(self) -> QuerySet[InboxEvent]:
        rows: QuerySet[InboxEvent] = self.visible(InboxEvent).select_related("corp")
        return rows

    @extend_schema(
        parameters=[
            CORP,
            OpenApiParameter("state", str, enum=InboxEvent.State.values),
            OpenApiParameter("kind", str, description="event.change_type, or a part of either"),
            OpenApiParameter("customer", str, description="external_userid"),
        ]
    )
    def list(self, request: Request) -> Response:
        given = {
            "state": self.one_of("state", InboxEvent.State.values),
            "event": request.query_params.get("kind", ""),
            "q": request.query_params.get("customer", ""),
        }
        return self.listed(InboxFilter(given).apply(self.get_queryset().defer("traceback")))

    @extend_schema(responses=InboxEventInFullSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        event = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(InboxEventInFullSerializer(event).data)

    @extend_schema(request=None, responses=InboxEventInFullSerializer)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Handle it once more, with all its tries. 409 while a worker holds it."""
        event = get_object_or_404(self.get_queryset(), pk=pk)
        event.replay()
        AuditEntry.write(self.user, "inbox.replayed", event)
        return self.retrieve(request, pk)

    @extend_schema(request=None, parameters=[CORP], responses=ReplayedSerializer)
    @action(detail=False, methods=["post"], url_path="replay_failed")
    def replay_failed(self, request: Request) -> Response:
        """Handle all of one corp that failed once more."""
        corp = self.one_corp()
        count = InboxEvent.objects.of(corp).visible_to(self.user).failed().replay()
        if count:
            AuditEntry.write(self.user, "inbox.replayed_all", corp, events=count)
        return Response({"replayed": count})
