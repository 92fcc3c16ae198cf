"""Tabs of the customer page that belong to upper apps: each registers the address that fills its tab."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Panel:
    """`url_name` takes the customer's key as `pk` and answers with a fragment for htmx, or with a page of its own."""

    key: str
    label: str | Promise
    url_name: str


_panels: dict[str, Panel] = {}


def register(key: str, label: str | Promise, url_name: str) -> None:
    """Called once, in the upper app's `ready`. A second call with the same key replaces the first."""
    _panels[key] = Panel(key, label, url_name)


def panels() -> list[Panel]:
    return list(_panels.values())
