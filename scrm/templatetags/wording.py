"""Words for names that code gives to things."""

from django import template
from django.utils.functional import Promise

from scrm.wording import ACTIONS, CHECKS, PHASES

register = template.Library()


@register.filter
def action_name(action: str) -> str | Promise:
    return ACTIONS.get(action, action)


@register.filter
def phase_name(phase: str) -> str | Promise:
    return PHASES.get(phase, phase)


@register.filter
def check_name(check: str) -> str | Promise:
    return CHECKS.get(check, check)
