"""One colour per meaning, the same on every page, and a word for it where the model has none of its own."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# ok: reached its aim; busy: under way; wait: wants somebody; bad: went wrong; off: over, without a judgement
LOOKS: dict[str, tuple[str, str | Promise]] = {
    "active": ("busy", _("active")),
    "calling": ("busy", _("calling WeCom")),
    "cancelled": ("off", _("cancelled")),
    "capped": ("bad", _("limit reached")),
    "closed": ("off", _("finished")),
    "done": ("ok", _("done")),
    "draft": ("off", _("draft")),
    "dropped": ("off", _("dropped")),
    "ended": ("off", _("ended")),
    "expired": ("bad", _("expired")),
    "failed": ("bad", _("failed")),
    "finished": ("ok", _("finished")),
    "half": ("wait", _("half-added")),
    "handed": ("wait", _("awaiting staff")),
    "held": ("wait", _("held")),
    "ignored": ("off", _("ignored")),
    "late": ("bad", _("too late")),
    "live": ("ok", _("friends")),
    "lost": ("bad", _("lost")),
    "ok": ("ok", _("works")),
    "open": ("busy", _("open")),
    "overdue": ("bad", _("overdue")),
    "parked": ("bad", _("parked")),
    "paused": ("wait", _("paused")),
    "pending": ("busy", _("waiting")),
    "planned": ("off", _("planned")),
    "ready": ("busy", _("ready")),
    "resting": ("wait", _("resting")),
    "running": ("busy", _("running")),
    "sandbox": ("wait", _("sandbox")),
    "sent": ("ok", _("sent")),
    "skipped": ("off", _("skipped")),
    "stopped": ("off", _("stopped")),
    "suspended": ("bad", _("suspended")),
    "taken": ("off", _("already welcomed")),
    "unreachable": ("bad", _("not a friend")),
    "unsure": ("wait", _("being checked")),
    "working": ("busy", _("being handled")),
}


def look(state: str) -> tuple[str, str | Promise]:
    """(colour, word) of a state; one that nobody told us about is grey and shows itself."""
    return LOOKS.get(state, ("off", state))
