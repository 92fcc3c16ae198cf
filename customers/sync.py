"""Customers and follows, from WeCom: the full sync, of the whole corp or of one member of staff.

It walks over the staff who serve customers. Three phases, each resumable where it stopped:

``customers``  every page of ``batch/get_by_user`` for groups of staff, several groups at a time (customers.pages)
``check``      WeCom's list of ids per staff against ours (customers.lists)
``settle``     what a sweep would do: tags that are gone, tags that contact ways still owe

A customer who deleted the staff stays in WeCom's lists (contract §1.5, §18). A lost ``del_follow_user`` callback
therefore cannot be seen here; the result of the next mass send tells (status 2, ``customers.endings.lost``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from customers import bulk, contact_ways, lists, pages, tagging
from customers.bulk import Merged
from staff.crew import Crew
from wecom.client import WeComClient
from wecom.models import Corp, SyncRun
from wecom.payloads import CustomerRow

KIND = "customers"


def run(corp: Corp, run: SyncRun, client: WeComClient) -> None:
    """Go on from the run's cursor to the end. Raises WeComError and leaves the cursor where it got to."""
    with Crew(run) as crew:
        if not run.phase:
            run.advance(phase=pages.PHASE)
        if run.phase == pages.PHASE:
            pages.Walk(corp, run, client, crew).to_the_end()
            run.advance(phase=lists.PHASE, cursor={"after": ""}, total=len(pages.serving(corp, run.subject)))
        if run.phase == lists.PHASE:
            lists.check(corp, run, client, crew)
            run.advance(phase="settle", cursor={"after": ""})
    tagging.forget_deleted(corp)
    contact_ways.settle(corp)


def merge_page(corp: Corp, rows: Sequence[CustomerRow], asked_at: datetime | None = None) -> Merged:
    """Write rows of ``batch/get_by_user``; ``asked_at`` is the real time of the call."""
    told = [(row.contact, row.follow) for row in rows]
    return bulk.merge(corp, told, asked_at=asked_at or timezone.now())
