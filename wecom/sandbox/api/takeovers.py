"""What is asked of a member before he may take over groups or customers (docs 92127, 92125)."""

import sqlite3

from wecom.sandbox import standing
from wecom.sandbox.api.customers import serving
from wecom.sandbox.api.endpoint import Call
from wecom.sandbox.errors import ApiError


def heir(call: Call, userid: str) -> sqlite3.Row:
    """60111 unknown or out of range, 84074 without 客户联系, 41054 not activated, 90510 not logged in for a year."""
    row = serving(call, userid)
    his = standing.of(call.db, call.corp, row["userid"], call.now)
    if not his.activated:
        raise ApiError(41054)
    if his.dormant:
        raise ApiError(90510)
    return row


def verified(call: Call, userid: str) -> bool:
    return standing.of(call.db, call.corp, userid, call.now).verified
