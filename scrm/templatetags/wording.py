"""Words for names that code gives to things."""

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from scrm.wording import ACTIONS, PHASES

register = template.Library()


@register.filter
def action_name(action: str) -> str | Promise:
    return ACTIONS.get(action, action)


@register.filter
def plain(detail: Any) -> str:
    """A detail of the audit log without Python's brackets and quotes."""
    return ", ".join(map(str, detail)) if isinstance(detail, list) else str(detail)


@register.filter
def seconds(span: float | None) -> str:
    """A span of time in the unit that suits it: 42 ms, 1.3 s, 12 min, 5 h; nothing → –"""
    if span is None:
        return "–"
    if span < 1:
        return _("%(n)s ms") % {"n": number_format(round(span * 1000), 0)}
    if span < 120:
        return _("%(n)s s") % {"n": number_format(span, 1)}
    if span < 7200:
        return _("%(n)s min") % {"n": number_format(span / 60, 0)}
    return _("%(n)s h") % {"n": number_format(span / 3600, 0, force_grouping=True)}


@register.filter
def phase_name(phase: str) -> str | Promise:
    return PHASES.get(phase, phase)
