"""The library: an item of a campaign's content names a material by its id; scripts are for people to read."""

from __future__ import annotations

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from content.materials import store
from content.models import UPLOADED, Material, MaterialKind, Script
from scrm.api.customers import CORP
from scrm.api.views import Resource, WritesForOperators


class MaterialSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    corp = serializers.CharField(source="corp.corpid")
    folder = serializers.CharField(source="folder.name", default="", help_text="its name; empty: in none")

    class Meta:
        model = Material
        fields = [
            "id", "corp", "kind", "title", "folder", "body", "filename", "content_type", "size", "file", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class UploadSerializer(serializers.Serializer):  # type: ignore[type-arg]
    corp = serializers.CharField(required=False, default="")
    kind = serializers.ChoiceField([(kind.value, kind.label) for kind in UPLOADED])
    file = serializers.FileField(max_length=255)


class MaterialResource(Resource):
    serializer_class = MaterialSerializer
    permission_classes = [IsAuthenticated, WritesForOperators]
    parser_classes = [MultiPartParser]
    queryset = Material.objects.none()

    def get_queryset(self) -> QuerySet[Material]:
        return self.visible(Material).select_related("corp", "folder")

    @extend_schema(parameters=[CORP])
    def list(self, request: Request) -> Response:
        return self.listed(self.get_queryset())

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: MaterialSerializer})
    def create(self, request: Request) -> Response:
        given = UploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        corp = self.one_corp(wanted["corp"])
        try:
            material = store(corp, MaterialKind(wanted["kind"]), wanted["file"], self.user)
        except DjangoValidationError as error:
            raise ValidationError({"file": error.messages})
        return Response(self.get_serializer(material).data, status=status.HTTP_201_CREATED)


class ScriptSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    corp = serializers.CharField(source="corp.corpid")
    category = serializers.CharField(source="category.name", default="", help_text="its name; empty: none")

    class Meta:
        model = Script
        fields = ["id", "corp", "category", "title", "text", "updated_at"]
        read_only_fields = fields


class ScriptResource(Resource):
    serializer_class = ScriptSerializer
    queryset = Script.objects.none()

    def get_queryset(self) -> QuerySet[Script]:
        return self.visible(Script).select_related("corp", "category")

    @extend_schema(parameters=[CORP])
    def list(self, request: Request) -> Response:
        return self.listed(self.get_queryset())
