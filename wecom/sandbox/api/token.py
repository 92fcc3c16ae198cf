"""Access tokens (doc 91039) and the callers' addresses."""

from typing import Any

from wecom.sandbox import corps
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.apps import App
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


def claimed_app(corp: Corp, args: Fields) -> App | None:
    """The app whose secret this is."""
    secret = args.text("corpsecret", missing=41004)
    return next((app for app in corp.apps if app.secret == secret), None)


def authenticate(db: Db, args: Fields, now: float) -> tuple[Corp, App]:
    """Whose token this is: 41001 without one, 42001 for an expired, 40014 for any other."""
    token = args.text("access_token", missing=41001)
    row = db.execute("SELECT * FROM access_token WHERE token = ?", (token,)).fetchone()
    if row is None or row["revoked"] == 40014:
        raise ApiError(40014)
    corp = corps.find(db, row["corpid"])
    app = corp.app(row["agentid"]) if corp else None
    if corp is None or app is None:
        raise ApiError(40014)
    if row["revoked"] or row["expires"] <= now:
        raise ApiError(42001)
    return corp, app


def revoke(db: Db, corpid: str, code: int = 42001, agentid: int | None = None) -> None:
    """Kills the current tokens early, all of the corp or one app's: from now on they answer `code`, 42001 or 40014."""
    db.execute(
        "UPDATE access_token SET revoked = ?1 WHERE corpid = ?2 AND (?3 IS NULL OR agentid = ?3) AND revoked IS NULL",
        (code, corpid, agentid),
    )


@endpoint("GET", "gettoken", empty={"access_token": "", "expires_in": 0})
def get_token(call: Call) -> dict[str, Any]:
    """The same token as long as it is valid."""
    row = call.db.execute(
        "SELECT * FROM access_token WHERE corpid = ? AND agentid = ? AND revoked IS NULL AND expires > ?",
        (call.corp.corpid, call.app.agentid, call.now),
    ).fetchone()
    if row:
        return {"access_token": row["token"], "expires_in": row["expires"] - call.second}
    token = call.world.store.new_id(call.db, "token-", 46) + call.world.store.new_id(call.db, "t", 40)
    call.db.execute(
        "INSERT INTO access_token (token, corpid, agentid, expires) VALUES (?, ?, ?, ?)",
        (token, call.corp.corpid, call.app.agentid, call.second + LIFETIME),
    )
    return {"access_token": token, "expires_in": LIFETIME}


@endpoint("GET", "getcallbackip", empty={"ip_list": []}, reads=True)
def get_callback_ip(call: Call) -> dict[str, Any]:
    return {"ip_list": ["127.0.0.1"]}


@endpoint("GET", "get_api_domain_ip", empty={"ip_list": []}, reads=True)
def get_api_domain_ip(call: Call) -> dict[str, Any]:
    return {"ip_list": ["127.0.0.1"]}
