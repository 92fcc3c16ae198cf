"""Who is behind an OAuth code (doc 91023): one use, five minutes."""

from typing import Any

from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.corps import Corp, staff
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import Db
from wecom.sandbox.world import World

LIFETIME = 300


def new_code(world: World, db: Db, corp: Corp, userid: str) -> str:
    code = world.store.new_id(db, "CODE", 43)
    db.execute(
        "INSERT INTO oauth_code (code, corpid, userid, issued) VALUES (?, ?, ?, ?)",
        (code, corp.corpid, userid, world.clock.now()),
    )
    return code


@endpoint("GET", "auth/getuserinfo", empty={"userid": ""}, metered=False)
def get_user_info(call: Call) -> dict[str, Any]:
    """40029 for a code that is unknown, used or old. Calls with a code are not metered."""
    row = call.db.execute(
        "UPDATE oauth_code SET used = 1 WHERE code = ? AND corpid = ? AND NOT used AND issued > ? RETURNING *",
        (call.args.text("code", missing=41008), call.corp.corpid, call.now - LIFETIME),
    ).fetchone()
    if row is None:
        raise ApiError(40029)
    if staff(call.db, call.corp.corpid, row["userid"]) is None:
        return {"openid": "o" + row["code"][4:31]}
    return {"userid": row["userid"]}
