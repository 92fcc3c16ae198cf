"""The words for kinds and states, apart from the models so that each model can name the others' states."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    SOP = "sop", _("SOP")
    BROADCAST = "broadcast", _("Broadcast")


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


class Enroll(models.TextChoices):
    NEWCOMERS = "newcomers", _("customers added after launch")
    EVERYONE = "everyone", _("everyone who matches, those already here too")


class ClockStart(models.TextChoices):
    ADDED = "added_at", _("the day the customer was added")
    ENROLLED = "enrolled_at", _("the day the customer entered the campaign")


class Action(models.TextChoices):
    MESSAGE = "message", _("Message")
    TASK = "task", _("Task")


class EnrollmentStatus(models.TextChoices):
    ACTIVE = "active", _("on the way")
    FINISHED = "finished", _("finished")
    ENDED = "ended", _("ended early")


class DeliveryStatus(models.TextChoices):
    PLANNED = "planned", _("planned")
    HELD = "held", _("held")
    READY = "ready", _("ready")
    HANDED = "handed", _("awaiting staff")
    UNSURE = "unsure", _("being checked with WeCom")
    SENT = "sent", _("sent")
    UNREACHABLE = "unreachable", _("not a friend any more")
    CAPPED = "capped", _("WeCom's limit reached")
    EXPIRED = "expired", _("staff never confirmed")
    CANCELLED = "cancelled", _("cancelled")
    SKIPPED = "skipped", _("skipped")
    FAILED = "failed", _("failed")


class BatchStatus(models.TextChoices):
    READY = "ready", _("ready")
    CALLING = "calling", _("calling WeCom")
    UNSURE = "unsure", _("being checked with WeCom")
    HANDED = "handed", _("awaiting staff")
    CLOSED = "closed", _("finished")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class TaskKind(models.TextChoices):
    FOLLOW_UP = "follow_up", _("Follow-up")
    CONFIRM = "confirm", _("Confirm a send")


class TaskStatus(models.TextChoices):
    OPEN = "open", _("open")
    DONE = "done", _("done")
    SKIPPED = "skipped", _("skipped")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")
