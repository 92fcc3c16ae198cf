"""Support's view of group chats."""

from __future__ import annotations

from django.contrib import admin

from groups.models import GroupChat, GroupMember
from wecom.admin import Facts


@admin.register(GroupChat)
class GroupChatAdmin(Facts):
    list_display = ("name", "chat_id", "corp", "owner", "status", "created_at", "dismissed_at")
    list_filter = ("corp", "status")
    list_select_related = ("corp", "owner")
    search_fields = ("name", "chat_id")


@admin.register(GroupMember)
class GroupMemberAdmin(Facts):
    list_display = ("name", "userid", "chat", "type", "join_scene", "joined_at", "left_at")
    list_filter = ("type",)
    list_select_related = ("chat",)
    search_fields = ("userid", "chat__chat_id")
    show_full_result_count = False
