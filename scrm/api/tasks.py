"""Work for people: the list, done, skipped."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Task, TaskStatus
from scrm.api.customers import CORP
from scrm.api.views import Resource

REASON_CHARACTERS = 200


class TaskSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    corp = serializers.CharField(source="corp.corpid")
    staff = serializers.CharField(source="staff.userid")
    customer = serializers.CharField(source="customer.external_userid", allow_null=True, default=None)
    campaign = serializers.IntegerField(source="delivery.campaign_id", allow_null=True, default=None)
    delivery = serializers.IntegerField(source="delivery_id", allow_null=True)
    msgid = serializers.CharField(source="batch.msgid", default="")
    script = serializers.CharField(source="spoken")

    class Meta:
        model = Task
        fields = [
            "id", "corp", "kind", "staff", "customer", "campaign", "delivery", "msgid", "title", "script", "status",
            "reason", "due_at", "expires_at", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class DoneSerializer(serializers.Serializer):  # type: ignore[type-arg]
    note = serializers.CharField(max_length=REASON_CHARACTERS, allow_blank=True, default="")


class SkipSerializer(serializers.Serializer):  # type: ignore[type-arg]
    reason = serializers.CharField(max_length=REASON_CHARACTERS)


class TaskResource(Resource):
    serializer_class = TaskSerializer
    orderings = {"id": ("pk",), "expires_at": ("expires_at", "pk")}
    ordering = "expires_at"
    queryset = Task.objects.none()

    def get_queryset(self) -> QuerySet[Task]:
        return self.visible(Task).select_related("corp", "staff", "customer", "delivery", "batch")

    @extend_schema(
        parameters=[
            CORP,
            OpenApiParameter("staff", str, description="userid"),
            OpenApiParameter("status", str, enum=TaskStatus.values),
        ]
    )
    def list(self, request: Request) -> Response:
        asked = {
            "staff__userid": request.query_params.get("staff", "").lower(),
            "status": self.one_of("status", TaskStatus.values),
        }
        return self.listed(self.get_queryset().filter(**{name: value for name, value in asked.items() if value}))

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(get_object_or_404(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=DoneSerializer, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request: Request, pk: str) -> Response:
        """409 for a task that is not open any more, or that WeCom itself closes."""
        task = get_object_or_404(self.get_queryset(), pk=pk)
        given = DoneSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        task.done(self.user, given.validated_data["note"])
        return self.retrieve(request, pk)

    @extend_schema(request=SkipSerializer, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        task = get_object_or_404(self.get_queryset(), pk=pk)
        given = SkipSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        task.skip(self.user, given.validated_data["reason"])
        return self.retrieve(request, pk)
