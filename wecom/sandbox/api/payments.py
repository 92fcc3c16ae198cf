"""Payments (docs 93667, 95944, 98100). No callback tells of them. Rows of members out of range are filtered out after
the page was cut, so a page may be short, even empty, before the end."""

import json
from datetime import timedelta
from typing import Any

from wecom.sandbox.api import cursors
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.apps import sees
from wecom.sandbox.clock import local
from wecom.sandbox.errors import ApiError

MONTH = 31 * 86400
MOST_BILLS = 1000
DEFAULT_FLOWS, MOST_FLOWS = 100, 200
FLOWS_READY = timedelta(hours=11)  # a day's movements appear on the next day at 11:00


@endpoint("POST", "externalpay/get_bill_list", empty={"bill_list": []}, reads=True)
def get_bill_list(call: Call) -> dict[str, Any]:
    begin, end = _window(call)
    payee = call.body.text("payee_userid")
    limit = call.body.integer("limit", default=MOST_BILLS, most=MOST_BILLS) or MOST_BILLS
    scope = f"{call.scope}.{begin}.{end}.{payee.lower()}"
    rows = call.db.execute(
        "SELECT id, payee, body FROM bill WHERE corpid = ? AND at BETWEEN ? AND ? AND (? = '' OR payee = ?) AND id > ?"
        " ORDER BY id LIMIT ?",
        (call.corp.corpid, begin, end, payee, payee, _position(call, scope), limit + 1),
    ).fetchall()
    seen = [json.loads(row["body"]) for row in rows[:limit] if sees(call.db, call.app, row["payee"])]
    return {"bill_list": seen, **_next(scope, rows, limit)}


@endpoint("POST", "externalpay/get_payment_info", empty={"bill_list": []}, reads=True)
def get_payment_info(call: Call) -> dict[str, Any]:
    """Only for collections that this app began; 40058 for any other."""
    _allowed(call)
    rows = call.db.execute(
        "SELECT body FROM bill WHERE corpid = ? AND project = ? AND agentid = ? AND out_refund_no = '' ORDER BY id",
        (call.corp.corpid, call.body.text("payment_id", missing=40058), call.app.agentid),
    ).fetchall()
    if not rows:
        raise ApiError(40058)
    return {"bill_list": [{"out_trade_no": json.loads(row["body"])["out_trade_no"]} for row in rows]}


@endpoint("POST", "externalpay/get_fund_flow", empty={"fund_flow_list": []}, reads=True)
def get_fund_flow(call: Call) -> dict[str, Any]:
    begin, end = _window(call)
    mch_id = call.body.text("mch_id")
    limit = call.body.integer("limit", default=DEFAULT_FLOWS, most=MOST_FLOWS) or DEFAULT_FLOWS
    scope = f"{call.scope}.{begin}.{end}.{mch_id}"
    ready = (local(call.now) - FLOWS_READY).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = call.db.execute(
        "SELECT id, operator, body FROM fund_flow WHERE corpid = ? AND at BETWEEN ? AND ? AND at < ?"
        " AND (? = '' OR mch_id = ?) AND id > ? ORDER BY id LIMIT ?",
        (call.corp.corpid, begin, end, ready.timestamp(), mch_id, mch_id, _position(call, scope), limit + 1),
    ).fetchall()
    seen = [json.loads(row["body"]) for row in rows[:limit] if sees(call.db, call.app, row["operator"])]
    return {"fund_flow_list": seen, **_next(scope, rows, limit)}


def _allowed(call: Call) -> None:
    """48002 unless the app is in 对外收款's list."""
    if not call.app.payment_api:
        raise ApiError(48002)


def _window(call: Call) -> tuple[int, int]:
    _allowed(call)
    begin, end = call.body.integer("begin_time", missing=40058), call.body.integer("end_time", missing=40058)
    if not begin <= end <= begin + MONTH:
        raise ApiError(40058)
    return begin, end


def _position(call: Call, scope: str) -> int:
    return cursors.decode(scope, call.body.text("cursor"))


def _next(scope: str, rows: list[Any], limit: int) -> dict[str, str]:
    """The next page's cursor, absent at the end."""
    return {"next_cursor": cursors.encode(scope, rows[limit - 1]["id"])} if len(rows) > limit else {}
