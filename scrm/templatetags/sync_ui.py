"""Words about syncs for their pages."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.functional import Promise

from scrm import sync_words
from scrm.sync_words import Trouble
from wecom.models import SyncRun

register = template.Library()


@register.filter
def kind_name(kind: str) -> str | Promise:
    return sync_words.KINDS.get(kind, kind)


@register.filter
def starter(name: str) -> str | Promise:
    return sync_words.STARTERS.get(name, name)


@register.filter
def trouble(run: SyncRun) -> Trouble | None:
    return sync_words.trouble(run)


@register.filter
def time_left(left: timedelta) -> str:
    return sync_words.time_left(left)


@register.filter
def lasted(duration: timedelta) -> str:
    """h:mm:ss"""
    seconds = max(0, round(duration.total_seconds()))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@register.filter
def place(run: SyncRun) -> str:
    """Where a run stands in the order of userids, in one line."""
    cursor = run.cursor if isinstance(run.cursor, dict) else {}
    return str(cursor.get("after", ""))
