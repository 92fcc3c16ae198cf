"""Intercept rules for chats (doc 95097). `rule_id` is text in requests and lists and a number in the rule itself."""

import json
import sqlite3
from typing import Any

from wecom.sandbox import corps
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.apps import departments_seen, sees
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import dumps

MOST_RULES, MOST_WORDS, MOST_NODES, MOST_USERS = 100, 300, 1000, 10_000
NAME_CHARS, WORD_CHARS = 20, 32
SEMANTICS = {1, 2, 3}  # mobile number, e-mail address, red packet
TYPES = {1, 2}  # warn and block, warn only
Range = dict[str, list[Any]]


@endpoint("POST", "externalcontact/add_intercept_rule", empty={"rule_id": ""})
def add(call: Call) -> dict[str, Any]:
    for name in ("rule_name", "word_list", "intercept_type", "applicable_range"):
        if name not in call.body:
            raise ApiError(40058)
    count = call.db.execute(
        "SELECT count(*) FROM intercept_rule WHERE corpid = ? AND NOT deleted", (call.corp.corpid,)
    ).fetchone()[0]
    if count >= MOST_RULES:
        raise ApiError(41069)
    changes = _changes(call, call.body)
    reach = _nodes(call, call.body.inner("applicable_range"))
    _check_reach(call, reach)
    rule = {"extra_rule": {"semantics_list": []}, **changes, "applicable_range": reach}
    cursor = call.db.execute(
        "INSERT INTO intercept_rule (corpid, name, create_time, body) VALUES (?, ?, ?, ?)",
        (call.corp.corpid, rule["rule_name"], call.second, dumps(rule)),
    )
    return {"rule_id": str(cursor.lastrowid)}


def _changes(call: Call, semantics: Fields, but: int = 0) -> dict[str, Any]:
    """The fields that the request has, checked; `semantics` holds semantics_list, `but` is the rule's own id."""
    body = call.body
    changes: dict[str, Any] = {}
    if "rule_name" in body:
        changes["rule_name"] = _name(call, but)
    if "word_list" in body:
        changes["word_list"] = _words(body)
    if "semantics_list" in semantics:
        wanted = semantics.integers("semantics_list")
        if not set(wanted) <= SEMANTICS:
            raise ApiError(41084)
        changes["extra_rule"] = {"semantics_list": wanted}
    if "intercept_type" in body:
        changes["intercept_type"] = body.integer("intercept_type")
        if changes["intercept_type"] not in TYPES:
            raise ApiError(40058)
    return changes


def _name(call: Call, but: int) -> str:
    name = call.body.text("rule_name", missing=40058, chars=NAME_CHARS, over=45022)
    same = call.db.execute(
        "SELECT 1 FROM intercept_rule WHERE corpid = ? AND name = ? AND NOT deleted AND id <> ?",
        (call.corp.corpid, name, but),
    ).fetchone()
    if same:
        raise ApiError(41077)
    return name


def _words(body: Fields) -> list[str]:
    words = body.texts("word_list", missing=41083, most=MOST_WORDS, over=41068)
    if not all(1 <= len(word) <= WORD_CHARS for word in words):
        raise ApiError(41083)
    return words


def _nodes(call: Call, given: Fields) -> Range:
    """Members and departments, all of them in the app's visible range."""
    users = given.texts("user_list", most=MOST_NODES, over=41076)
    departments = given.integers("department_list")
    if len(departments) > MOST_NODES:
        raise ApiError(41076)
    for userid in users:
        if corps.staff(call.db, call.corp.corpid, userid) is None or not sees(call.db, call.app, userid):
            raise ApiError(60111)
    if not set(departments) <= departments_seen(call.db, call.app):
        raise ApiError(60123)
    return {"user_list": users, "department_list": departments}


def _check_reach(call: Call, reach: Range) -> None:
    """40063 for nobody, 41076 for more than 10,000 members."""
    if not reach["user_list"] and not reach["department_list"]:
        raise ApiError(40063)
    members = call.db.execute(
        "SELECT count(*) FROM staff s WHERE corpid = ? AND status = 1 AND (userid IN (SELECT value FROM json_each(?))"
        " OR EXISTS (SELECT 1 FROM json_each(s.departments) j JOIN json_each(?) d ON j.value = d.value))",
        (call.corp.corpid, dumps(reach["user_list"]), dumps(reach["department_list"])),
    ).fetchone()[0]
    if members > MOST_USERS:
        raise ApiError(41076)


def _existing(call: Call) -> sqlite3.Row:
    rule_id = call.body.raw("rule_id")
    if not isinstance(rule_id, str | int) or isinstance(rule_id, bool) or not str(rule_id).isdecimal():
        raise ApiError(41070)
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM intercept_rule WHERE id = ? AND corpid = ?", (int(str(rule_id)[:18]), call.corp.corpid)
    ).fetchone()
    if row is None:
        raise ApiError(41070)
    if row["deleted"]:
        raise ApiError(41071)
    return row


@endpoint("GET", "externalcontact/get_intercept_rule_list", empty={"rule_list": []}, reads=True)
def list_(call: Call) -> dict[str, Any]:
    rows = call.db.execute(
        "SELECT * FROM intercept_rule WHERE corpid = ? AND NOT deleted ORDER BY id", (call.corp.corpid,)
    )
    return {
        "rule_list": [
            {"rule_id": str(row["id"]), "rule_name": row["name"], "create_time": row["create_time"]} for row in rows
        ]
    }


@endpoint("POST", "externalcontact/get_intercept_rule", empty={"rule": {}}, reads=True)
def get(call: Call) -> dict[str, Any]:
    """Semantics come in `extra_rule`, from a drifting WeCom at the top: both have been documented."""
    row = _existing(call)
    rule: dict[str, Any] = {"rule_id": row["id"], **json.loads(row["body"])}
    if call.corp.knobs.drift:
        rule |= rule.pop("extra_rule")
    return {"rule": rule}


@endpoint("POST", "externalcontact/update_intercept_rule")
def update(call: Call) -> dict[str, Any]:
    """Ranges are added to and removed from what was there; everything else replaces it."""
    row = _existing(call)
    rule = {**json.loads(row["body"]), **_changes(call, call.body.inner("extra_rule"), row["id"])}
    added = _nodes(call, call.body.inner("add_applicable_range"))
    removed = _nodes(call, call.body.inner("remove_applicable_range"))
    rule["applicable_range"] = {
        name: [node for node in dict.fromkeys(before + added[name]) if node not in removed[name]]
        for name, before in rule["applicable_range"].items()
    }
    _check_reach(call, rule["applicable_range"])
    call.db.execute(
        "UPDATE intercept_rule SET name = ?, body = ? WHERE id = ?", (rule["rule_name"], dumps(rule), row["id"])
    )
    return {}


@endpoint("POST", "externalcontact/del_intercept_rule")
def delete(call: Call) -> dict[str, Any]:
    call.db.execute("UPDATE intercept_rule SET deleted = 1 WHERE id = ?", (_existing(call)["id"],))
    return {}
