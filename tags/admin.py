"""Support's view of tags. They are WeCom's: what changes them are the verbs of the tags page."""

from __future__ import annotations

from django.contrib import admin

from tags.models import Tag, TagGroup
from wecom.admin import Facts


@admin.register(TagGroup)
class TagGroupAdmin(Facts):
    list_display = ("name", "corp", "wecom_id", "order", "deleted_at")
    list_filter = ("corp",)
    list_select_related = ("corp",)
    search_fields = ("name", "wecom_id")


@admin.register(Tag)
class TagAdmin(Facts):
    list_display = ("name", "group", "corp", "wecom_id", "ours", "deleted_at")
    list_filter = ("corp", "ours", "group")
    list_select_related = ("corp", "group")
    search_fields = ("name", "wecom_id")
