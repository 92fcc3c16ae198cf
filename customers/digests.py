"""The digest: what lists and audiences read of a customer, derived from the follows and their tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from wecom.models import Corp

# A customer has a digest as soon as there is a follow, whatever its state; without one nobody ever served them.
DERIVED = """
SELECT c.id AS customer_id, c.corp_id,
       ARRAY(SELECT DISTINCT ft.tag_id::int FROM customers_follow lf
             JOIN customers_followtag ft ON ft.follow_id = lf.id
             WHERE lf.customer_id = c.id AND lf.status = 'live' ORDER BY 1) AS tag_ids,
       COALESCE(array_agg(f.staff_id::int ORDER BY f.staff_id) FILTER (WHERE f.status = 'live'), '{{}}') AS staff_ids,
       min(f.since) FILTER (WHERE f.status = 'live') AS added_at,
       min(f.since) AS first_at,
       count(*) FILTER (WHERE f.status = 'live') = 0 AS lost
FROM customers_customer c JOIN customers_follow f ON f.customer_id = c.id
{where}
GROUP BY c.id
"""

REFRESH = f"""
INSERT INTO customers_digest AS d (customer_id, corp_id, tag_ids, staff_ids, added_at, first_at, lost)
{DERIVED}
ON CONFLICT (customer_id) DO UPDATE SET
    tag_ids = excluded.tag_ids, staff_ids = excluded.staff_ids, added_at = excluded.added_at,
    first_at = excluded.first_at, lost = excluded.lost
WHERE (d.tag_ids, d.staff_ids, d.added_at, d.first_at, d.lost)
    IS DISTINCT FROM (excluded.tag_ids, excluded.staff_ids, excluded.added_at, excluded.first_at, excluded.lost)
"""

DIFFERENCES = f"""
SELECT count(*) FROM ({DERIVED}) AS truth
FULL JOIN (SELECT * FROM customers_digest {{digests}}) AS d ON d.customer_id = truth.customer_id
WHERE (d.tag_ids, d.staff_ids, d.added_at, d.first_at, d.lost)
    IS DISTINCT FROM (truth.tag_ids, truth.staff_ids, truth.added_at, truth.first_at, truth.lost)
"""  # noqa: S608  put together from constants


def refresh(customer_ids: Sequence[int] | None = None, corp: Corp | None = None) -> int:
    """Bring digests up to date in one statement: of these customers, of a corp, or of everybody.

    Call it in the transaction that changed follows or their tags. Returns how many rows were written.
    """
    if customer_ids is not None and not customer_ids:
        return 0
    where, params = _where(customer_ids, corp)
    with connection.cursor() as cursor:
        cursor.execute(REFRESH.format(where=where), params)
        written: int = cursor.rowcount
    return written


def differences(corp: Corp) -> int:
    """How many digests of a corp differ from the truth. It is 0, or something wrote around ``refresh``."""
    where, params = _where(None, corp)
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES.format(where=where, digests="WHERE corp_id = %(corp)s"), params)
        (number,) = cursor.fetchone()
    return int(number)


def _where(customer_ids: Sequence[int] | None, corp: Corp | None) -> tuple[str, dict[str, Any]]:
    if customer_ids is not None:
        return "WHERE c.id = ANY(%(ids)s)", {"ids": list(customer_ids)}
    if corp is not None:
        return "WHERE c.corp_id = %(corp)s", {"corp": corp.pk}
    return "", {}
