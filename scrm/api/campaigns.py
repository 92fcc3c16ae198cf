"""Campaigns with their verbs and reports, and the deliveries that they made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import definitions, reports
from campaigns.definitions import DefinitionError
from campaigns.models import Campaign, CampaignStatus, Delivery, DeliveryStatus
from scrm.api.customers import CORP
from scrm.api.views import Resource, WritesForOperators
from staff.models import User
from wecom.models import Corp

DEFINITION = {
    "type": "object",
    "required": ["name", "steps"],
    "properties": {
        "corp": {"type": "string"},
        "name": {"type": "string", "maxLength": 60},
        "kind": {"enum": ["sop", "broadcast"]},
        "audience": {"type": "object", "description": "a tree of the condition language"},
        "enroll": {"enum": ["newcomers", "everyone"]},
        "clock": {"enum": ["added_at", "enrolled_at"]},
        "priority": {"type": "integer"},
        "late_after": {"type": "object", "example": {"hours": 12}},
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["after", "action"],
                "properties": {
                    "after": {"type": "object", "example": {"days": 1}},
                    "at": {"type": "string", "example": "10:00"},
                    "action": {"enum": ["message", "task"]},
                    "expires_after": {"type": "object", "example": {"hours": 48}},
                    "content": {"type": "array", "items": {"type": "object"}},
                    "title": {"type": "string"},
                    "script": {"type": "string"},
                    "condition": {"type": "object"},
                },
            },
        },
    },
}


class CountsField(serializers.DictField):
    """How many deliveries have each status."""

    child = serializers.IntegerField()


class ReasonCountSerializer(serializers.Serializer):  # type: ignore[type-arg]
    status = serializers.CharField()
    reason = serializers.CharField()
    text = serializers.CharField()
    number = serializers.IntegerField()


class StepReportSerializer(serializers.Serializer):  # type: ignore[type-arg]
    step = serializers.IntegerField(help_text="position in its version, from 1")
    version = serializers.IntegerField()
    title = serializers.CharField()
    action = serializers.CharField()
    deliveries = CountsField()
    reasons = ReasonCountSerializer(many=True)


class StaffReportSerializer(serializers.Serializer):  # type: ignore[type-arg]
    staff = serializers.CharField(help_text="userid")
    name = serializers.CharField()
    deliveries = CountsField()


class ReportSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Numbers over what the asker may see."""

    enrolled = serializers.IntegerField()
    enrollments = CountsField()
    deliveries = CountsField()
    steps = StepReportSerializer(many=True)
    staff = StaffReportSerializer(many=True)


class CampaignSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    corp = serializers.CharField(source="corp.corpid")

    class Meta:
        model = Campaign
        fields = [
            "id", "corp", "name", "kind", "status", "priority", "created_at", "launched_at", "paused_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields


class CampaignDetailSerializer(CampaignSerializer):
    definition = serializers.SerializerMethodField(help_text="the version that was published last, else the draft")

    class Meta(CampaignSerializer.Meta):
        fields = [*CampaignSerializer.Meta.fields, "definition"]
        read_only_fields = fields

    @extend_schema_field(DEFINITION)
    def get_definition(self, campaign: Campaign) -> dict[str, Any] | None:
        version = campaign.published or campaign.draft
        return definitions.as_definition(version) if version else None


class CampaignResource(Resource):
    serializer_class = CampaignSerializer
    permission_classes = [IsAuthenticated, WritesForOperators]
    queryset = Campaign.objects.none()

    def get_queryset(self) -> QuerySet[Campaign]:
        return self.visible(Campaign).select_related("corp")

    @extend_schema(parameters=[CORP, OpenApiParameter("status", str, enum=CampaignStatus.values)])
    def list(self, request: Request) -> Response:
        rows = self.get_queryset()
        status = self.one_of("status", CampaignStatus.values)
        return self.listed(rows.filter(status=status) if status else rows)

    @extend_schema(responses=CampaignDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(CampaignDetailSerializer(get_object_or_404(self.get_queryset(), pk=pk)).data)

    @extend_schema(request={"application/json": DEFINITION}, responses={201: CampaignSerializer})
    def create(self, request: Request) -> Response:
        definition: Any = request.data
        campaign = self._saved(self.one_corp(definition.get("corp", "")), definition)
        return Response(self.get_serializer(campaign).data, status=status.HTTP_201_CREATED)

    @extend_schema(request={"application/json": DEFINITION}, responses=CampaignSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Change a draft, or give a launched campaign its next version (`publish` puts it into force)."""
        campaign = get_object_or_404(self.get_queryset(), pk=pk)
        definition: Any = request.data
        return Response(self.get_serializer(self._saved(campaign.corp, definition, campaign)).data)

    def _saved(self, corp: Corp, definition: dict[str, Any], campaign: Campaign | None = None) -> Campaign:
        try:
            return definitions.save(corp, definition, campaign=campaign, user=self.user)
        except DefinitionError as error:
            raise ValidationError({"errors": [{"path": path, "message": message} for path, message in error.errors]})

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def launch(self, request: Request, pk: str) -> Response:
        return self._done(pk, Campaign.launch)

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        return self._done(pk, Campaign.publish)

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        return self._done(pk, Campaign.pause)

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        return self._done(pk, Campaign.resume)

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        return self._done(pk, Campaign.end)

    def _done(self, pk: str, verb: Callable[[Campaign, User], None]) -> Response:
        """Do the verb; 409 with its reason where the state forbids it."""
        campaign = get_object_or_404(self.get_queryset(), pk=pk)
        verb(campaign, self.user)
        return Response(self.get_serializer(get_object_or_404(self.get_queryset(), pk=pk)).data)

    @extend_schema(responses=ReportSerializer)
    @action(detail=True)
    def report(self, request: Request, pk: str) -> Response:
        report = reports.report(get_object_or_404(self.get_queryset(), pk=pk), self.user)
        return Response(ReportSerializer(report).data)


class DeliverySerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    campaign = serializers.IntegerField(source="campaign_id")
    step = serializers.IntegerField(source="step.position")
    customer = serializers.CharField(source="customer.external_userid")
    staff = serializers.CharField(source="staff.userid")
    msgid = serializers.CharField(source="batch.msgid", default="")

    class Meta:
        model = Delivery
        fields = [
            "id", "campaign", "step", "customer", "staff", "status", "reason", "detail", "msgid", "planned_at",
            "held_until", "expires_at", "handed_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class DeliveryResource(Resource):
    serializer_class = DeliverySerializer
    queryset = Delivery.objects.none()

    def get_queryset(self) -> QuerySet[Delivery]:
        return self.visible(Delivery).select_related("step", "customer", "staff", "batch")

    @extend_schema(
        parameters=[
            CORP,
            OpenApiParameter("campaign", int),
            OpenApiParameter("customer", str, description="external_userid"),
            OpenApiParameter("status", str, enum=DeliveryStatus.values),
        ]
    )
    def list(self, request: Request) -> Response:
        asked = {
            "campaign": self.number("campaign"),
            "customer__external_userid": request.query_params.get("customer"),
            "status": self.one_of("status", DeliveryStatus.values),
        }
        return self.listed(self.get_queryset().filter(**{name: value for name, value in asked.items() if value}))

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(get_object_or_404(self.get_queryset(), pk=pk)).data)
