"""Who holds which material. The apps above write it when they save content; the library counts it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from content.items import is_key
from content.models import Holder, Material, MaterialUse
from wecom.models import Corp

Items = Iterable[dict[str, Any]]


def replace(corp: Corp, holder: Holder, key: int, items: Items) -> None:
    """Write down what the holder with that key holds now, and forget what it held before."""
    held: dict[int, bool] = {}
    for item in items:
        for name, copied in (("from", True), ("material", False)):
            if is_key(item.get(name)):
                held[item[name]] = copied and held.get(item[name], True)
    known = Material.objects.of(corp).filter(pk__in=held).values_list("pk", flat=True)
    rows = [MaterialUse(material_id=pk, holder=holder, holder_key=key, copied=held[pk]) for pk in known]
    with transaction.atomic():
        MaterialUse.objects.filter(holder=holder, holder_key=key).delete()
        MaterialUse.objects.bulk_create(rows)
