"""Conversions between names of the same person (docs 92323, 98729, 95884, 95195)."""

from typing import Any

from wecom.sandbox import aliases, apps, chance
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError
from wecom.sandbox.relations import READABLE, customer

CUSTOMER = 1


@endpoint("POST", "externalcontact/convert_to_openid", empty={"openid": ""}, reads=True)
def to_openid(call: Call) -> dict[str, Any]:
    """41056 for a WeCom user, 41057 if the corp has bound no WeChat developer account."""
    ident = _visible(call, call.body.text("external_userid", missing=41035))
    person = customer(call.db, call.corp, ident)
    if person is None or person["type"] != 1:
        raise ApiError(41056)
    if not call.corp.knobs.bound_unionid:
        raise ApiError(41057)
    return {"openid": "o" + chance.word(27, "openid", call.corp.corpid, ident)}


def _visible(call: Call, external_userid: str) -> str:
    """40096 unless somebody in the app's range has this customer."""
    if not _has_customer(call, external_userid):
        raise ApiError(40096)
    return external_userid


def _has_customer(call: Call, external_userid: str) -> bool:
    rows = call.db.execute(
        "SELECT userid, state FROM follow WHERE corpid = ? AND external_userid = ?",
        (call.corp.corpid, external_userid),
    ).fetchall()
    return any(row["state"] in READABLE and apps.sees(call.db, call.app, row["userid"]) for row in rows)


@endpoint(
    "POST",
    "idconvert/convert_tmp_external_userid",
    empty={"results": [], "invalid_tmp_external_userid_list": []},
    reads=True,
)
def from_tmp(call: Call) -> dict[str, Any]:
    """Only ids that this app got in that kind of business, of that kind of person."""
    business = call.body.integer("business_type", missing=40063, least=1, most=3)
    user_type = call.body.integer("user_type", missing=40063, least=1, most=4)
    wanted = call.body.texts("tmp_external_userid_list", missing=40063, most=100)
    if user_type == CUSTOMER and not call.app.customer_api:
        raise ApiError(48002)
    results: list[dict[str, str]] = []
    for alias in wanted:
        row = aliases.find(call.db, call.corp, aliases.TMP, call.app.agentid, alias)
        if row is None or row["detail"] != f"{business}.{user_type}":
            continue
        if user_type != CUSTOMER:
            corpid, _, userid = row["ident"].partition(" ")
            results.append({"tmp_external_userid": alias, "corpid": corpid, "userid": userid})
        elif _has_customer(call, row["ident"]):
            results.append({"tmp_external_userid": alias, "external_userid": row["ident"]})
    done = {result["tmp_external_userid"] for result in results}
    return {"results": results, "invalid_tmp_external_userid_list": [one for one in wanted if one not in done]}


@endpoint("POST", "batch/openuserid_to_userid", empty={"userid_list": [], "invalid_open_userid_list": []}, reads=True)
def from_open_userids(call: Call) -> dict[str, Any]:
    """Members in the range of this app."""
    wanted = call.body.texts("open_userid_list", missing=40063, most=1000)
    agentid = _source(call)
    found: dict[str, str] = {}
    for alias in wanted:
        row = aliases.find(call.db, call.corp, aliases.USERID, agentid, alias)
        if row and apps.sees(call.db, call.app, row["ident"]):
            found[alias] = row["ident"]
    return {
        "userid_list": [{"open_userid": alias, "userid": userid} for alias, userid in found.items()],
        "invalid_open_userid_list": [alias for alias in wanted if alias not in found],
    }


def _source(call: Call) -> int:
    """The third-party app that the ids come from: 40056 if it has never seen anybody here."""
    agentid = call.body.integer("source_agentid", missing=40063)
    if not aliases.known_app(call.db, call.corp, agentid):
        raise ApiError(40056)
    return agentid


@endpoint("POST", "externalcontact/from_service_external_userid", empty={"external_userid": ""}, reads=True)
def from_service(call: Call) -> dict[str, Any]:
    alias, agentid = call.body.text("external_userid", missing=41035), _source(call)
    row = aliases.find(call.db, call.corp, aliases.EXTERNAL, agentid, alias)
    if row is None:
        raise ApiError(40096)
    return {"external_userid": _visible(call, row["ident"])}


@endpoint("POST", "externalcontact/to_service_external_userid", empty={"external_userid": ""})
def to_service(call: Call) -> dict[str, Any]:
    """A corp of the sandbox has one service provider, whose apps share their names of customers."""
    ident = _visible(call, call.body.text("external_userid", missing=41035))
    return {"external_userid": aliases.name(call.db, call.corp, aliases.EXTERNAL, aliases.ALL_APPS, ident)}


@endpoint("POST", "externalcontact/get_new_external_userid", empty={"items": []}, reads=True)
def renewed(call: Call) -> dict[str, Any]:
    """Unknown ids are left out."""
    wanted = call.body.texts("external_userid_list", missing=40063, most=1000)
    rows = [(old, aliases.find(call.db, call.corp, aliases.OLD, aliases.ALL_APPS, old)) for old in wanted]
    return {"items": [{"external_userid": old, "new_external_userid": row["ident"]} for old, row in rows if row]}
