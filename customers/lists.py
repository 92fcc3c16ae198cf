"""Phase 2 of the full sync: per staff, WeCom's list of ids is held against ours.

What we lack is fetched, and of what we have in excess every customer is asked for singly, before we say that the
staff has dropped him. A customer who deleted the staff stays in WeCom's list: he is counted, and left lost.
"""

from __future__ import annotations

from customers.convergence import converge
from customers.models import Follow, FollowStatus
from customers.pages import serving
from staff.crew import Crew
from staff.patience import patiently
from wecom.client import WeComClient
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, SyncRun
from wecom.models.sync_run import EXAMPLES

PHASE = "check"


def check(corp: Corp, run: SyncRun, client: WeComClient, crew: Crew) -> None:
    """Go on behind the cursor's member of staff. After an interruption the difference is taken anew; what was settled
    before is no longer in it. Raises WeComError and WrongState."""

    def listed(userid: str) -> set[str] | None:
        """In a thread. None for one who left since the staff were synced: his customers wait for a transfer."""
        try:
            return set(crew.ask(client.customers.list, userid))
        except WeComError as error:
            if error.kind is not ErrorKind.GONE:
                raise
            return None

    ahead = [userid for userid in serving(corp, run.subject) if userid > str(run.cursor.get("after", ""))]
    for userid, ids in crew.map(listed, ahead):
        if ids is not None:
            _settle(corp, run, client, userid, ids)
        run.advance(cursor={"after": userid}, done=1)


def _settle(corp: Corp, run: SyncRun, client: WeComClient, userid: str, listed: set[str]) -> None:
    follows = Follow.objects.of(corp).filter(staff__userid=userid)
    ours = dict(follows.values_list("customer__external_userid", "status"))
    live = {external_userid for external_userid, status in ours.items() if status == FollowStatus.LIVE}
    lost = {external_userid for external_userid, status in ours.items() if status == FollowStatus.LOST}
    for external_userid in sorted((live - listed) | (listed - live - lost)):
        run.advance(**patiently(run, converge, corp, external_userid, client).counts)
    if still_listed := sorted(lost & listed):
        examples = [{"id": external_userid, "staff": userid} for external_userid in still_listed[:EXAMPLES]]
        run.advance(lost_listed=len(still_listed), examples={"lost_listed": examples})
