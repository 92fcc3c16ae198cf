"""Support's view of campaigns. Rows are facts of the engine: to look at, and to act on by the same verbs as pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from campaigns.models import Batch, Campaign, Delivery, Enrollment, QuotaBlock, Step, Task, Version
from staff.errors import WrongState
from staff.models import AuditEntry
from wecom.admin import Facts


class StepInline(TabularInline):
    model = Step
    extra = 0
    can_delete = False
    fields = ("position", "action", "after_days", "at", "after", "expires_after", "title", "condition", "content")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ActedOn(Facts):
    """Facts with verbs: each chosen row is tried, and a refusal says why."""

    def act(self, request: HttpRequest, rows: Iterable[Model], verb: Callable[[Any], None], fact: str) -> None:
        for row in rows:
            try:
                verb(row)
            except WrongState as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.WARNING)
            else:
                AuditEntry.write(request.user, fact, row)  # type: ignore[arg-type]  # the admin site has let them in


@admin.register(Campaign)
class CampaignAdmin(ActedOn):
    list_display = ("name", "corp", "kind", "status", "priority", "launched_at", "looked_at", "look_again_at")
    list_filter = ("corp", "status", "kind")
    search_fields = ("name",)
    list_select_related = ("corp",)
    actions = ("pause", "resume", "end")

    @admin.action(description=_("Pause"))
    def pause(self, request: HttpRequest, rows: Iterable[Campaign]) -> None:
        self.act(request, rows, Campaign.pause, "campaign.paused")

    @admin.action(description=_("Resume"))
    def resume(self, request: HttpRequest, rows: Iterable[Campaign]) -> None:
        self.act(request, rows, Campaign.resume, "campaign.resumed")

    @admin.action(description=_("End for good"))
    def end(self, request: HttpRequest, rows: Iterable[Campaign]) -> None:
        self.act(request, rows, Campaign.end, "campaign.ended")


@admin.register(Version)
class VersionAdmin(Facts):
    list_display = ("campaign", "number", "enroll", "clock", "late_after", "published_at")
    list_filter = ("campaign__corp",)
    search_fields = ("campaign__name",)
    list_select_related = ("campaign",)
    inlines = (StepInline,)


@admin.register(Enrollment)
class EnrollmentAdmin(Facts):
    list_display = ("id", "campaign", "customer", "staff", "status", "end_reason", "entered_at", "next_run_at")
    list_filter = ("corp", "status", "end_reason")
    search_fields = ("customer__external_userid", "customer__name")
    list_select_related = ("campaign", "customer", "staff")
    show_full_result_count = False


@admin.register(Delivery)
class DeliveryAdmin(Facts):
    list_display = ("id", "campaign", "step", "customer", "staff", "status", "reason", "planned_at", "finished_at")
    list_filter = ("corp", "status", "reason")
    search_fields = ("customer__external_userid", "customer__name", "batch__msgid")
    list_select_related = ("campaign", "step__version__campaign", "customer", "staff")
    show_full_result_count = False


@admin.register(Batch)
class BatchAdmin(ActedOn):
    list_display = ("id", "step", "staff", "status", "size", "msgid", "attempts", "called_at", "error_code", "error")
    list_filter = ("corp", "status")
    search_fields = ("msgid", "staff__userid")
    list_select_related = ("step__version__campaign", "staff")
    actions = ("withdraw", "look_now")

    @admin.action(description=_("Withdraw what is not confirmed"))
    def withdraw(self, request: HttpRequest, rows: Iterable[Batch]) -> None:
        self.act(request, rows, Batch.withdraw, "batch.withdrawn")

    @admin.action(description=_("Ask WeCom at the next turn"))
    def look_now(self, request: HttpRequest, rows: Iterable[Batch]) -> None:
        self.act(request, rows, Batch.look_now, "batch.asked")


@admin.register(Task)
class TaskAdmin(Facts):
    list_display = ("id", "title", "kind", "staff", "customer", "status", "due_at", "expires_at", "notified_at")
    list_filter = ("corp", "kind", "status")
    search_fields = ("title", "staff__userid", "customer__external_userid")
    list_select_related = ("staff", "customer")


@admin.register(QuotaBlock)
class QuotaBlockAdmin(Facts):
    list_display = ("customer", "corp", "until")
    list_filter = ("corp",)
    search_fields = ("customer__external_userid",)
    list_select_related = ("customer", "corp")
