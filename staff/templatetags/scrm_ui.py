"""What every page needs to show: icons, states, numbers, moments, people's names."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import forms, template
from django.conf import settings
from django.template.context import Context
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from staff.states import look
from wecom import clock

register = template.Library()

ICONS = settings.BASE_DIR / "node_modules/@tabler/icons/icons/outline"
SHOWN = 60  # characters of a name; longer ones are cut, the whole stands in the tooltip
TOOLTIP = 300


@lru_cache(maxsize=256)
def _paths(name: str) -> str:
    """The drawing inside Tabler's SVG file, without its invisible frame."""
    svg = (ICONS / f"{name}.svg").read_text()
    inside = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    drawing = re.sub(r'<path stroke="none"[^>]*/>', "", inside)
    return re.sub(r"\s+", " ", drawing).strip()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An inline icon of the outline set. Decoration: the text beside it, or an aria-label, says the meaning."""
    return format_html(
        '<svg class="icon {}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        extra,
        mark_safe(_paths(name)),  # noqa: S308  a file of the npm package, named by a template
    )


@register.simple_tag
def badge(state: Any, label: Any = None) -> SafeString:
    """A state in the colour of its meaning. `label` is the model's own word for it (`get_status_display`)."""
    colour, word = look(str(state))
    return format_html('<span class="state state-{}">{}</span>', colour, label or getattr(state, "label", word))


@register.filter
def grouped(number: Any) -> str:
    """12345 → 12,345; nothing → –"""
    return "–" if number is None or number == "" else formats.number_format(number, force_grouping=True)


@register.filter
def person(name: Any) -> SafeString:
    """A name from outside, isolated from the text around it and cut by the style sheet."""
    text = str(name or "").strip() or _("no name")
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return format_html('<bdi class="person" title="{}">{}</bdi>', text[:TOOLTIP], shown)


@register.filter
def isolated(name: Any) -> str:
    """A name from outside where no markup can be: between marks that keep its writing direction to itself."""
    return f"\u2068{name}\u2069"


@register.filter
def pretty(value: Any) -> str:
    """JSON for people."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


@register.filter
def initial(name: Any) -> str:
    """The first letter or character of a name, for a picture's place."""
    return next((char.upper() for char in str(name or "") if char.isalnum()), "?")


@register.filter
def tint(key: Any) -> str:
    """A steady colour class for a picture's place."""
    return f"tint-{sum(str(key).encode()) % 6}"


@register.filter
def ago(when: datetime | None) -> SafeString | str:
    """A moment relative to now, with the exact local time on hover."""
    if when is None:
        return "–"
    return _moment(when, relative(when))


@register.filter
def moment(when: datetime | None) -> SafeString | str:
    """A moment in local time to the minute."""
    if when is None:
        return "–"
    return _moment(when, f"{timezone.localtime(when):%Y-%m-%d %H:%M}")


def _moment(when: datetime, text: str) -> SafeString:
    exact = timezone.localtime(when)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', exact.isoformat(), f"{exact:%Y-%m-%d %H:%M:%S}", text
    )


def relative(when: datetime) -> str:
    """In words up to a week, then the date."""
    gap = clock.now() - when
    size = abs(gap)
    if size < timedelta(minutes=1):
        return _("just now") if gap >= timedelta(0) else _("in a moment")
    if size >= timedelta(days=7):
        return f"{timezone.localtime(when):%Y-%m-%d}"
    return _passed(size) if gap > timedelta(0) else _to_come(size)


def _passed(size: timedelta) -> str:
    minutes = int(size.total_seconds() // 60)
    if minutes < 60:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    if minutes < 24 * 60:
        return ngettext("%(n)d hour ago", "%(n)d hours ago", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)d day ago", "%(n)d days ago", size.days) % {"n": size.days}


def _to_come(size: timedelta) -> str:
    minutes = int(size.total_seconds() // 60)
    if minutes < 60:
        return ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes}
    if minutes < 24 * 60:
        return ngettext("in %(n)d hour", "in %(n)d hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("in %(n)d day", "in %(n)d days", size.days) % {"n": size.days}


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's query string with `changes`; None drops a parameter. Paging starts anew unless `changes` says so."""
    params = context["request"].GET.copy()
    for name in ("after", "before", *changes):
        params.pop(name, None)
    kept = [(name, value) for name in params for value in params.getlist(name) if value != ""]
    return f"?{urlencode([*kept, *((name, value) for name, value in changes.items() if value is not None)])}"


@register.inclusion_tag("parts/nav_link.html", takes_context=True)
def nav_link(context: Context, url_name: str, icon_name: str, label: str, also: str = "", count: int = 0) -> dict:
    """A line of the sidebar; it is current on `url_name` and on pages whose names begin with a word of `also`."""
    match = context["request"].resolver_match
    here = match.view_name if match else ""
    current = here == url_name or any(here.startswith(name) for name in also.split())
    return {"href": reverse(url_name), "icon": icon_name, "label": label, "current": current, "count": count}


@register.filter
def drawn(field: forms.BoundField) -> SafeString:
    """The field's widget in Tabler's classes."""
    widget = field.field.widget
    name = "form-control"
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect | forms.CheckboxInput):
        name = "form-check-input"
    elif isinstance(widget, forms.Select):
        name = "form-select"
    invalid = " is-invalid" if field.errors else ""
    own = widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{name}{invalid} {own}".strip()})


@register.filter
def option_groups(field: forms.BoundField) -> list[tuple[str | None, list[dict[str, Any]]]]:
    """[(name of the group or None, [option])] of a field with many choices; an option has value, label, selected."""
    widget = field.field.widget
    groups = widget.optgroups(field.html_name, widget.format_value(field.value()))
    merged: dict[str | None, list[dict[str, Any]]] = {}
    for name, options, _index in groups:
        merged.setdefault(name, []).extend(options)
    return list(merged.items())


@register.filter
def is_checkbox(field: forms.BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_choice_list(field: forms.BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect)
