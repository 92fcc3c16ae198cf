"""Customers and follows, from WeCom: the full sync, and one customer at a time for callbacks.

The full sync walks over the staff who serve customers. Three phases, each resumable where it stopped:

``customers``  every page of ``batch/get_by_user`` for groups of up to 100 staff is merged (customers.bulk)
``check``      per staff, WeCom's list of ids is held against ours: what we lack is fetched, and of what we have in
               excess every customer is asked for singly, before we say that the staff has dropped him
``settle``     what a sweep would do: tags that are gone, tags that contact ways still owe

A customer who deleted the staff stays in WeCom's lists (contract §1.5, §18). A lost ``del_follow_user`` callback
therefore cannot be seen here; the result of the next mass send tells (status 2, ``customers.endings.lost``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers import bulk, contact_ways, endings, tagging
from customers.bulk import Merged
from customers.endings import Ending
from customers.models import Customer, Follow, FollowStatus
from staff import sync as staff_sync
from staff.models import Staff
from staff.patience import patiently
from tags import sync as tags_sync
from wecom.client import WeComClient
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, SyncRun
from wecom.payloads import CustomerDetail, CustomerRow, FollowInfo, FollowUser

KIND = "customers"
GROUP = 100  # staff per call, the most that WeCom takes
PAGE = 100  # rows per page, the most that WeCom gives
BAD_CURSOR = (50100, 60268, 40058)
NOT_READABLE = (84061, 40096)
RESTARTS = 3  # of one group, when WeCom forgets its cursors
ROUNDS = 5  # of asking again for a customer who changes while we ask


def run(corp: Corp, run: SyncRun, client: WeComClient) -> None:
    """Go on from the run's cursor to the end. Raises WeComError and leaves the cursor where it got to."""
    if not run.phase:
        run.advance(phase="customers", cursor={"after": ""}, total=Follow.objects.of(corp).live().count())
    if run.phase == "customers":
        while group := run.cursor.get("group") or _next_staff(corp, run.cursor["after"], GROUP):
            _read_page(corp, run, client, group)
        run.advance(phase="check", cursor={"after": ""})
    if run.phase == "check":
        while found := _next_staff(corp, run.cursor["after"], 1):
            _check_list(corp, run, client, found[0])
        run.advance(phase="settle", cursor={})
    tagging.forget_deleted(corp)
    contact_ways.settle(corp)


def merge_page(corp: Corp, rows: Sequence[CustomerRow], asked_at: datetime | None = None) -> Merged:
    """Write rows of ``batch/get_by_user``; ``asked_at`` is the real time of the call."""
    told = [(row.contact, row.follow) for row in rows]
    return bulk.merge(corp, told, asked_at=asked_at or timezone.now())


@dataclass(frozen=True, slots=True)
class Converged:
    """``detail`` is None where WeCom shows nobody of ours following the customer; ``dropped`` counts follows."""

    detail: CustomerDetail | None
    merged: Merged | None
    dropped: int

    def lists(self, staff: Staff) -> bool:
        return self.detail is not None and any(row.userid.lower() == staff.userid for row in self.detail.follows)

    @property
    def counts(self) -> dict[str, Any]:
        return {**(self.merged.counts if self.merged else {}), "gone": self.dropped}


def converge(corp: Corp, external_userid: str, client: WeComClient, *, ending: Ending | None = None) -> Converged:
    """Make our rows of one customer say what WeCom says now. Raises WeComError.

    Live follows that WeCom does not list any more have been dropped by their staff; ``ending`` knows more about one
    of them. Half-added ones are not listed either and stay as they are.
    """
    for _round in range(ROUNDS):
        asked_at = timezone.now()
        detail = _detail(client, external_userid)
        follows = detail.follows if detail else []
        _fetch_unknown(corp, client, follows)
        with transaction.atomic():
            merged = None
            if detail:
                merged = bulk.merge(corp, [(detail.contact, row) for row in follows], asked_at=asked_at, touch=True)
            elif Customer.objects.of(corp).filter(external_userid=external_userid, synced_at__gt=asked_at).exists():
                continue
            if merged and merged.outdated:
                continue  # somebody wrote this customer after we had asked
            listed = [row.userid.lower() for row in follows]
            dropped = endings.dropped_unlisted(corp, external_userid, listed, asked_at, ending)
        return Converged(detail, merged, dropped)
    raise WeComError(None, "the customer keeps changing", ErrorKind.RETRY, "externalcontact/get")


def _detail(client: WeComClient, external_userid: str) -> CustomerDetail | None:
    try:
        return client.customers.get(external_userid)
    except WeComError as error:
        if error.errcode in NOT_READABLE:
            return None
        raise


def _fetch_unknown(corp: Corp, client: WeComClient, follows: Iterable[FollowInfo | FollowUser]) -> None:
    """Staff and tags newer than the last sync: rows that name them need theirs first."""
    rows = list(follows)
    staff_sync.ensure(corp, {row.userid for row in rows}, client)
    tags_sync.fetch_unknown(corp, client, {tag_id for row in rows for tag_id in row.tag_id})


def _next_staff(corp: Corp, after: str, most: int) -> list[str]:
    serving = Staff.objects.of(corp).active().filter(serves_customers=True, userid__gt=after).order_by("userid")
    return list(serving.values_list("userid", flat=True)[:most])


# ---- phase 1: pages -------------------------------------------------------------------------------------------------


def _read_page(corp: Corp, run: SyncRun, client: WeComClient, group: list[str]) -> None:
    """One page. The cursor keeps the group, too: WeCom's own cursor belongs to exactly that list of staff."""
    after, cursor = run.cursor["after"], run.cursor.get("page", "")
    asked_at = timezone.now()
    try:
        page = patiently(run, client.customers.batch_by_user, group, cursor=cursor, limit=PAGE)
    except WeComError as error:
        run.advance(cursor=_after_refusal(run.cursor, group, error))
        return
    if cursor and page.next_cursor == cursor:
        raise WeComError(None, "the same page came twice", ErrorKind.UNKNOWN, "externalcontact/batch/get_by_user")
    patiently(run, _fetch_unknown, corp, client, [row.follow for row in page.rows])
    further = {"after": after, "group": group, "page": page.next_cursor}
    with transaction.atomic():
        merged = merge_page(corp, page.rows, asked_at)
        run.advance(cursor=further if page.next_cursor else {"after": group[-1]}, done=len(page.rows), **merged.counts)
    for external_userid in merged.outdated:
        run.advance(**patiently(run, converge, corp, external_userid, client).counts)


def _after_refusal(place: dict[str, Any], group: list[str], error: WeComError) -> dict[str, Any]:
    """Where to go on: a forgotten cursor begins its group anew; a member who is gone is passed over, alone."""
    again = place.get("again", 0)
    if place.get("page") and error.errcode in BAD_CURSOR and again < RESTARTS:
        return {"after": place["after"], "group": group, "again": again + 1}
    if error.kind is ErrorKind.GONE:
        return {"after": place["after"], "group": group[:1]} if len(group) > 1 else {"after": group[0]}
    raise error


# ---- phase 2: lists -------------------------------------------------------------------------------------------------


def _check_list(corp: Corp, run: SyncRun, client: WeComClient, userid: str) -> None:
    """Ask singly for each customer whom only one of WeCom's list and ours has.

    After an interruption the difference is taken anew; what was settled before is no longer in it.
    """
    try:
        listed = set(patiently(run, client.customers.list, userid))
    except WeComError as error:
        if error.kind is not ErrorKind.GONE:
            raise
        listed = None  # the member left since the staff were synced: his customers wait for a transfer
    if listed is not None:
        follows = Follow.objects.of(corp).filter(staff__userid=userid)
        ours = dict(follows.values_list("customer__external_userid", "status"))
        live = {external_userid for external_userid, status in ours.items() if status == FollowStatus.LIVE}
        readable = live | {external_userid for external_userid, status in ours.items() if status == FollowStatus.LOST}
        for external_userid in sorted((live - listed) | (listed - readable)):
            run.advance(**patiently(run, converge, corp, external_userid, client).counts)
    run.advance(cursor={"after": userid})
