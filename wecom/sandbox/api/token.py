"""Access tokens (doc 91039) and the callers' addresses."""

from typing import Any

from wecom.sandbox import corps
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.corps import Corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import Db

LIFETIME = 7200  # seconds of the virtual clock


def claimed_corp(db: Db, args: Fields) -> Corp:
    """The corp that asks for a token."""
    corp = corps.find(db, args.text("corpid", missing=41002))
    if corp is None:
        raise ApiError(40013)
    return corp


def authenticate(db: Db, args: Fields, now: float) -> Corp:
    """The corp whose token this is: 41001 without one, 42001 for an expired, 40014 for any other."""
    token = args.text("access_token", missing=41001)
    row = db.execute("SELECT * FROM access_token WHERE token = ?", (token,)).fetchone()
    if row is None or row["revoked"] == 40014:
        raise ApiError(40014)
    corp = corps.find(db, row["corpid"])
    if corp is None:
        raise ApiError(40014)
    if row["revoked"] or row["expires"] <= now:
        raise ApiError(42001)
    return corp


def revoke(db: Db, corpid: str, code: int = 42001) -> None:
    """Kills the current token early: it answers `code` (42001 or 40014) from now on."""
    db.execute("UPDATE access_token SET revoked = ? WHERE corpid = ? AND revoked IS NULL", (code, corpid))


@endpoint("GET", "gettoken", empty={"access_token": "", "expires_in": 0})
def get_token(call: Call) -> dict[str, Any]:
    """The same token as long as it is valid."""
    if call.args.text("corpsecret", missing=41004) != call.corp.secret:
        raise ApiError(40001)
    row = call.db.execute(
        "SELECT * FROM access_token WHERE corpid = ? AND revoked IS NULL AND expires > ?", (call.corp.corpid, call.now)
    ).fetchone()
    if row:
        return {"access_token": row["token"], "expires_in": row["expires"] - call.second}
    token = call.world.store.new_id(call.db, "token-", 46) + call.world.store.new_id(call.db, "t", 40)
    call.db.execute(
        "INSERT INTO access_token VALUES (?, ?, ?, NULL)", (token, call.corp.corpid, call.second + LIFETIME)
    )
    return {"access_token": token, "expires_in": LIFETIME}


@endpoint("GET", "getcallbackip", empty={"ip_list": []})
def get_callback_ip(call: Call) -> dict[str, Any]:
    return {"ip_list": ["127.0.0.1"]}


@endpoint("GET", "get_api_domain_ip", empty={"ip_list": []})
def get_api_domain_ip(call: Call) -> dict[str, Any]:
    return {"ip_list": ["127.0.0.1"]}
