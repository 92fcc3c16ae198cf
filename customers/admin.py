"""Support's view of customers. Rows that WeCom or the engine decides are to look at; stages are the corp's own."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from customers import digests
from customers.models import ContactWay, Customer, Digest, Event, Follow, Segment, Stage, Welcome
from wecom.admin import Facts


class Many(Facts):
    """Tables of a million rows: no counting of all of them beside every search."""

    show_full_result_count = False
    list_per_page = 50


@admin.register(Customer)
class CustomerAdmin(Many):
    list_display = ("name", "external_userid", "corp", "type", "gender", "stage", "synced_at")
    list_filter = ("corp", "type")
    list_select_related = ("corp", "stage")
    search_fields = ("external_userid", "unionid")
    actions = ("refresh_digests",)

    @admin.action(description=_("Derive the digest again"))
    def refresh_digests(self, request: HttpRequest, rows: Iterable[Customer]) -> None:
        """For doubts about a list: a number above 0 is worth a question, for every writer keeps digests fresh."""
        count = digests.refresh([row.pk for row in rows])
        text = ngettext("%(count)d digest was wrong.", "%(count)d digests were wrong.", count) % {"count": count}
        self.message_user(request, text, messages.WARNING if count else messages.SUCCESS)


@admin.register(Follow)
class FollowAdmin(Many):
    list_display = (
        "customer",
        "staff",
        "corp",
        "status",
        "since",
        "ended_at",
        "ended_by",
        "state",
        "owes_channel_tags",
    )
    list_filter = ("corp", "status", "owes_channel_tags")
    list_select_related = ("corp", "customer", "staff")
    search_fields = ("customer__external_userid", "staff__userid")


@admin.register(Digest)
class DigestAdmin(Many):
    list_display = ("customer", "corp", "lost", "added_at", "first_at", "tag_ids", "staff_ids")
    list_filter = ("corp", "lost")
    list_select_related = ("corp", "customer")
    search_fields = ("customer__external_userid",)


@admin.register(Event)
class EventAdmin(Many):
    list_display = ("at", "corp", "kind", "customer", "staff", "detail")
    list_filter = ("corp", "kind")
    list_select_related = ("corp", "customer", "staff")
    search_fields = ("customer__external_userid", "key")


@admin.register(ContactWay)
class ContactWayAdmin(Facts):
    list_display = ("name", "corp", "state", "config_id", "skip_verify", "created_at", "deleted_at")
    list_filter = ("corp",)
    list_select_related = ("corp",)
    search_fields = ("name", "state", "config_id")


@admin.register(Welcome)
class WelcomeAdmin(Many):
    list_display = ("customer", "staff", "corp", "contact_way", "status", "reason", "expires_at", "finished_at")
    list_filter = ("corp", "status")
    list_select_related = ("corp", "customer", "staff", "contact_way")
    search_fields = ("customer__external_userid", "code")


@admin.register(Segment)
class SegmentAdmin(Facts):
    list_display = ("name", "corp", "created_at", "created_by")
    list_filter = ("corp",)
    list_select_related = ("corp", "created_by")
    search_fields = ("name",)


@admin.register(Stage)
class StageAdmin(ModelAdmin):
    list_display = ("name", "key", "corp", "order")
    list_filter = ("corp",)
    list_select_related = ("corp",)
