"""Words for names that code gives to things."""

from typing import Any

from django import template
from django.utils.functional import Promise

from scrm.wording import ACTIONS, CHECKS, PHASES

register = template.Library()


@register.filter
def action_name(action: str) -> str | Promise:
    return ACTIONS.get(action, action)


@register.filter
def plain(detail: Any) -> str:
    """A detail of the audit log without Python's brackets and quotes."""
    return ", ".join(map(str, detail)) if isinstance(detail, list) else str(detail)


@register.filter
def phase_name(phase: str) -> str | Promise:
    return PHASES.get(phase, phase)


@register.filter
def check_name(check: str) -> str | Promise:
    return CHECKS.get(check, check)
