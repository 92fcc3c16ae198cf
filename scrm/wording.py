"""Names that code gives to things, as words for people: audited actions, phases of a sync, fields without a label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

OURS = ("scrm", "campaigns", "groups", "customers", "tags", "content", "staff", "wecom")

ACTIONS: dict[str, Promise] = {
    "login": _("logged in"),
    "logout": _("logged out"),
    "user.create": _("made a log-in"),
    "customer.stage": _("changed the stage"),
    "customer.tagged": _("changed tags"),
    "customer.remarked": _("changed the remark"),
    "contact_way.created": _("created the contact way"),
    "contact_way.changed": _("changed the contact way"),
    "contact_way.deleted": _("deleted the contact way"),
    "tags.group_created": _("created the tag group"),
    "tags.added": _("added tags"),
    "tags.renamed": _("renamed"),
    "tags.deleted": _("deleted the tag or group"),
    "material.upload": _("uploaded the material"),
    "material.created": _("put the material into the library"),
    "material.changed": _("changed the material"),
    "material.deleted": _("deleted the material"),
    "folder.created": _("made the folder"),
    "folder.renamed": _("renamed the folder"),
    "folder.deleted": _("deleted the folder"),
    "script.created": _("wrote the script"),
    "script.changed": _("changed the script"),
    "script.deleted": _("deleted the script"),
    "script_category.created": _("made the category"),
    "script_category.renamed": _("renamed the category"),
    "script_category.deleted": _("deleted the category"),
    "segment.created": _("created the segment"),
    "segment.changed": _("changed the segment"),
    "segment.deleted": _("deleted the segment"),
    "campaign.created": _("created the campaign"),
    "campaign.changed": _("edited the campaign"),
    "campaign.launched": _("launched the campaign"),
    "campaign.published": _("published a new version"),
    "campaign.paused": _("paused the campaign"),
    "campaign.resumed": _("resumed the campaign"),
    "campaign.ended": _("ended the campaign"),
    "batch.reminded": _("reminded the staff member"),
    "batch.withdrawn": _("withdrew the send"),
    "batch.asked": _("had WeCom asked for the send"),
    "task.done": _("did the task"),
    "task.skipped": _("skipped the task"),
    "inbox.replayed": _("handled the callback again"),
    "inbox.replayed_all": _("handled all failed callbacks again"),
    "outbox.declared_sent": _("decided: WeCom has the send"),
    "outbox.declared_absent": _("decided: WeCom does not have the send"),
    "corp.registered": _("registered the corp"),
    "corp.changed": _("gave the corp new credentials"),
    "corp.callback_keys": _("made new callback keys"),
    "sync.started": _("started a sync"),
    "sync.resumed": _("resumed a sync"),
    "sync.stopped": _("stopped a sync"),
}

PHASES: dict[str, Promise] = {
    "departments": _("departments"),
    "staff": _("staff, department by department"),
    "tags": _("tags"),
    "customers": _("customers"),
    "check": _("looking for who has gone, staff by staff"),
    "settle": _("finishing"),
    "groups": _("group chats"),
}


# labels that mean something else elsewhere
AMBIGUOUS = {"campaigns.Step.position": pgettext_lazy("step", "position")}


def unlabelled_fields() -> Iterator[models.Field[Any, Any]]:
    """Fields of ours whose label Django derives from their name."""
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
                if field._verbose_name is None and not field.auto_created:
                    yield field


def translate_field_labels() -> None:
    """Let a derived label be translated like one that is written out. Migrations do not see it."""
    for field in unlabelled_fields():
        field.verbose_name = AMBIGUOUS.get(str(field)) or _(derived(field))


def derived(field: models.Field[Any, Any]) -> str:
    return field.name.replace("_", " ")
