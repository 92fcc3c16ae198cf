"""Staff, group chats and contact ways, as they are: read here, changed elsewhere."""

from __future__ import annotations

from django.db.models import Count, Prefetch, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import ContactWay
from groups.models import GroupChat
from scrm.api.customers import CORP
from scrm.api.views import Resource
from staff.models import Staff
from tags.models import Tag


class StaffSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    corp = serializers.CharField(source="corp.corpid")
    departments = serializers.ListField(child=serializers.IntegerField(), source="department_ids")

    class Meta:
        model = Staff
        fields = ["userid", "corp", "name", "alias", "position", "departments", "active", "serves_customers"]
        read_only_fields = fields


class StaffResource(Resource):
    serializer_class = StaffSerializer
    queryset = Staff.objects.none()
    orderings = {"userid": ("userid", "pk"), "id": ("pk",)}
    ordering = "userid"

    def get_queryset(self) -> QuerySet[Staff]:
        return self.visible(Staff).select_related("corp")

    @extend_schema(
        parameters=[CORP, OpenApiParameter("department", int, description="its members and those below it")]
    )
    def list(self, request: Request) -> Response:
        rows = self.get_queryset()
        department = self.number("department")
        if department is not None:
            rows = rows & Staff.objects.in_departments(self.one_corp(), [department]).select_related("corp")
        return self.listed(rows)


class GroupChatSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    id = serializers.CharField(source="chat_id", help_text="WeCom's chat_id")
    corp = serializers.CharField(source="corp.corpid")
    owner = serializers.CharField(source="owner.userid", allow_null=True, default=None)
    members = serializers.IntegerField(source="present", help_text="present now")

    class Meta:
        model = GroupChat
        fields = ["id", "corp", "name", "owner", "notice", "status", "members", "created_at", "dismissed_at"]
        read_only_fields = fields


class GroupChatResource(Resource):
    serializer_class = GroupChatSerializer
    queryset = GroupChat.objects.none()

    def get_queryset(self) -> QuerySet[GroupChat]:
        present = Count("members", filter=Q(members__left_at=None))
        return self.visible(GroupChat).select_related("corp", "owner").annotate(present=present)

    @extend_schema(parameters=[CORP])
    def list(self, request: Request) -> Response:
        return self.listed(self.get_queryset())


class ContactWaySerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    corp = serializers.CharField(source="corp.corpid")
    staff = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()

    class Meta:
        model = ContactWay
        fields = [
            "id", "corp", "name", "state", "config_id", "qr_code", "staff", "tags", "skip_verify", "welcome",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_staff(self, way: ContactWay) -> list[str]:
        return [one.userid for one in way.staff.all()]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_tags(self, way: ContactWay) -> list[str]:
        return [tag.wecom_id for tag in way.tags.all()]


class ContactWayResource(Resource):
    serializer_class = ContactWaySerializer
    queryset = ContactWay.objects.none()

    def get_queryset(self) -> QuerySet[ContactWay]:
        rows = self.visible(ContactWay).filter(deleted_at=None).select_related("corp")
        return rows.prefetch_related("staff", Prefetch("tags", Tag.objects.live()))

    @extend_schema(parameters=[CORP])
    def list(self, request: Request) -> Response:
        return self.listed(self.get_queryset())
