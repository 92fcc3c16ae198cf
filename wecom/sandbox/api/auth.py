"""Who is behind an OAuth code, and what he has agreed to show (docs 91023, 95833)."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import chance, corps, members
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.apps import App
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import Db, Store, dumps

CODE_LIFE, TICKET_LIFE = 300, 1800  # seconds of the virtual clock
CODE_BYTES = 512
BASE, PRIVATE = "snsapi_base", "snsapi_privateinfo"
CONSENT = ("gender", "avatar", "qr_code", "mobile", "email", "biz_mail", "address")


def new_code(
    store: Store,
    db: Db,
    app: App,
    now: float,
    *,
    userid: str = "",
    external_userid: str = "",
    scope: str = BASE,
    consent: list[str] | None = None,
) -> str:
    """For a member, a customer, or with neither a stranger. `consent`: the fields that the member agrees to show."""
    code = store.new_id(db, "CODE", 43)
    db.execute(
        "INSERT INTO oauth_code (code, corpid, agentid, userid, external_userid, scope, consent, issued)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (code, app.corpid, app.agentid, userid, external_userid, scope, dumps(consent or []), now),
    )
    return code


@endpoint("GET", "auth/getuserinfo", empty={"userid": ""}, metered=False)
def get_user_info(call: Call) -> dict[str, Any]:
    """40029 for a code that is none of the app's, 42022 for a used, 42003 for an old one. Not metered."""
    row = _code(call)
    call.db.execute("UPDATE oauth_code SET used = 1 WHERE code = ?", (row["code"],))
    if corps.staff(call.db, call.corp.corpid, row["userid"]) is None:
        return _outsider(call, row)
    if row["scope"] != PRIVATE:
        return {"userid": row["userid"]}
    ticket = call.world.store.new_id(call.db, "UT", 64)
    call.db.execute(
        "INSERT INTO user_ticket VALUES (?, ?, ?, ?, ?, ?)",
        (ticket, call.corp.corpid, call.app.agentid, row["userid"], row["consent"], call.now),
    )
    return {"userid": row["userid"], "user_ticket": ticket}


def _code(call: Call) -> sqlite3.Row:
    code = call.args.text("code", missing=41008, size=CODE_BYTES, over=40029)
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM oauth_code WHERE code = ? AND corpid = ? AND agentid = ?",
        (code, call.corp.corpid, call.app.agentid),
    ).fetchone()
    if row is None:
        raise ApiError(40029)
    if row["used"]:
        raise ApiError(42022)
    if call.now > row["issued"] + CODE_LIFE:
        raise ApiError(42003)
    return row


def _outsider(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """external_userid only for a customer of somebody whom the app sees."""
    who = row["external_userid"]
    answer = {"openid": "o" + chance.word(27, "openid", call.corp.corpid, who or row["code"])}
    known = call.db.execute(
        "SELECT 1 FROM follow f JOIN app_member a ON a.corpid = f.corpid AND a.agentid = ? AND a.userid = f.userid"
        " WHERE f.corpid = ? AND f.external_userid = ? AND f.state IN ('friend', 'lost')",
        (call.app.agentid, call.corp.corpid, who),
    ).fetchone()
    return {**answer, "external_userid": who} if known else answer


@endpoint("POST", "auth/getuserdetail", empty={"userid": ""}, reads=True)
def get_user_detail(call: Call) -> dict[str, Any]:
    """84014 for a ticket that is none of the app's, 84015 for an old one."""
    row = call.db.execute(
        "SELECT * FROM user_ticket WHERE ticket = ? AND corpid = ? AND agentid = ?",
        (call.body.text("user_ticket", missing=84014), call.corp.corpid, call.app.agentid),
    ).fetchone()
    if row is None:
        raise ApiError(84014)
    if call.now > row["issued"] + TICKET_LIFE:
        raise ApiError(84015)
    agreed, shown = json.loads(row["consent"]), _private(call, row["userid"])
    return {"userid": row["userid"], **{name: shown[name] for name in CONSENT if name in agreed}}


def _private(call: Call, userid: str) -> dict[str, Any]:
    """gender is text here, as in user/get."""
    corpid = call.corp.corpid
    row = corps.staff(call.db, corpid, userid)
    return {
        **members.private(call.db, corpid, userid),
        "gender": row["gender"] if row else "0",
        "avatar": f"https://wework.qpic.cn/wwpic/{chance.word(24, 'avatar', corpid, userid)}/0",
        "qr_code": f"https://open.work.weixin.qq.com/wwopen/userQRCode?vcode={chance.word(20, 'vcode', userid)}",
    }
