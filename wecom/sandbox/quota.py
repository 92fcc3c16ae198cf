"""How many mass messages a customer or a group may receive: as many a month as it has days, 7 a week, or 1 a day."""

import calendar
from datetime import datetime, timedelta

from wecom.sandbox.clock import local
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db


def window(policy: str, moment: float) -> tuple[float, float, int]:
    """(start, end, cap) of the window that holds `moment`, in the corp's time zone; weeks begin on Monday."""
    today = local(moment).replace(hour=0, minute=0, second=0, microsecond=0)
    if policy == "day":
        return _span(today, today + timedelta(days=1), 1)
    if policy == "week":
        monday = today - timedelta(days=today.weekday())
        return _span(monday, monday + timedelta(days=7), 7)
    first = today.replace(day=1)
    days = calendar.monthrange(first.year, first.month)[1]
    return _span(first, first + timedelta(days=days), days)


def _span(start: datetime, end: datetime, cap: int) -> tuple[float, float, int]:
    return start.timestamp(), end.timestamp(), cap


def received(db: Db, corp: Corp, external_userid: str, now: float) -> int:
    """Mass messages in the current window, the corp's and the staff's own together."""
    start, end, _ = window(corp.quota_policy, now)
    count: int = db.execute(
        "SELECT count(*) FROM received WHERE corpid = ? AND external_userid = ? AND kind IN ('mass', 'personal')"
        " AND at >= ? AND at < ?",
        (corp.corpid, external_userid, start, end),
    ).fetchone()[0]
    return count


def left(db: Db, corp: Corp, external_userid: str, now: float) -> int:
    return window(corp.quota_policy, now)[2] - received(db, corp, external_userid, now)


def left_for_group(db: Db, corp: Corp, chat_id: str, now: float) -> int:
    """Counted by sends, however many people are in the group."""
    start, end, cap = window(corp.quota_policy, now)
    count: int = db.execute(
        "SELECT count(*) FROM mass_target t JOIN mass m USING (msgid) WHERE t.target = ? AND t.status = 1"
        " AND m.corpid = ? AND m.chat_type = 'group' AND t.send_time >= ? AND t.send_time < ?",
        (chat_id, corp.corpid, start, end),
    ).fetchone()[0]
    return cap - count
