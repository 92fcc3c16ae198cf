"""One customer at a time: ask WeCom, and make our rows say what it says (docs/decisions/030)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import bulk, endings
from customers.bulk import Merged
from customers.endings import Ending
from customers.models import Customer, Follow
from staff import sync as staff_sync
from staff.errors import WrongState, refused
from staff.models import Staff
from tags import sync as tags_sync
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp
from wecom.payloads import CustomerDetail, FollowInfo, FollowUser

NOT_READABLE = (84061, 40096)
ROUNDS = 5  # of asking again for a customer who changes while we ask


@dataclass(frozen=True, slots=True)
class Converged:
    """``detail`` is None where WeCom shows nobody of ours following the customer; ``dropped`` counts follows."""

    external_userid: str
    detail: CustomerDetail | None
    merged: Merged | None
    dropped: int

    def lists(self, staff: Staff) -> bool:
        return self.detail is not None and any(row.userid.lower() == staff.userid for row in self.detail.follows)

    @property
    def counts(self) -> dict[str, Any]:
        """As ``SyncRun.advance`` takes them."""
        counts = self.merged.counts if self.merged else {}
        if not self.dropped:
            return {**counts, "gone": 0}
        examples = {**counts.get("examples", {}), "gone": [{"id": self.external_userid}]}
        return {**counts, "gone": self.dropped, "examples": examples}


def converge(corp: Corp, external_userid: str, client: WeComClient, *, ending: Ending | None = None) -> Converged:
    """Make our rows of one customer say what WeCom says now. Raises WeComError.

    Live follows that WeCom does not list any more have been dropped by their staff; ``ending`` knows more about one
    of them. Half-added ones are not listed either and stay as they are.
    """
    for _round in range(ROUNDS):
        asked_at = timezone.now()
        detail = _detail(client, external_userid)
        follows = detail.follows if detail else []
        fetch_unknown(corp, client, follows)
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
        return Converged(external_userid, detail, merged, dropped)
    raise WeComError(None, "the customer keeps changing", ErrorKind.RETRY, "externalcontact/get")


def refused_for(follow: Follow, error: WeComError) -> WrongState:
    """WeCom's refusal of what a person asked for this follow. One that WeCom knows no more is ended here, too."""
    if error.errcode in NOT_READABLE:
        try:
            converge(follow.corp, follow.customer.external_userid, client_for(follow.corp))
        except WeComError:
            return refused(error)  # the next sync settles it
        return WrongState(_("WeCom says that this friendship has ended. It is now shown as ended here, too."))
    return refused(error)


def fetch_unknown(corp: Corp, client: WeComClient, follows: Iterable[FollowInfo | FollowUser]) -> None:
    """Staff and tags newer than the last sync: rows that name them need theirs first."""
    rows = list(follows)
    staff_sync.ensure(corp, {row.userid for row in rows}, client)
    tags_sync.fetch_unknown(corp, client, {tag_id for row in rows for tag_id in row.tag_id})


def _detail(client: WeComClient, external_userid: str) -> CustomerDetail | None:
    try:
        return client.customers.get(external_userid)
    except WeComError as error:
        if error.errcode in NOT_READABLE:
            return None
        raise
