"""A step's content items as pages draw them: each with the uploaded original that it names, in one query for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from content.models import Material
from wecom.models import Corp


@dataclass(frozen=True)
class Shown:
    """One content item of the JSON, and its original if it has one."""

    shown: dict[str, Any]
    original: Material | None = None


def drawn(corp: Corp, *contents: Iterable[dict[str, Any]]) -> list[list[Shown]]:
    """The items of each content, ready to be drawn."""
    kept = [list(items) for items in contents]
    keys = {item["material"] for items in kept for item in items if "material" in item}
    originals = Material.objects.of(corp).in_bulk(keys) if keys else {}
    return [[Shown(item, originals.get(item.get("material"))) for item in items] for items in kept]
