"""Departments (docs 90208, 95350, 95351)."""

import sqlite3
from typing import Any

from wecom.sandbox import apps
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError


def _rows(call: Call) -> list[sqlite3.Row]:
    """The departments that the app sees, all of them or `id` and those below it: 60003 if unknown, else 60011."""
    root = department_id(call, "id")
    if root is None:
        query = "SELECT * FROM department WHERE corpid = :corpid ORDER BY id"
    else:
        query = (
            "WITH RECURSIVE below(id) AS (VALUES (:root) UNION SELECT d.id FROM department d"
            " JOIN below b ON d.parentid = b.id WHERE d.corpid = :corpid)"
            " SELECT d.* FROM department d JOIN below b ON b.id = d.id WHERE d.corpid = :corpid ORDER BY d.id"
        )
    rows = call.db.execute(query, {"corpid": call.corp.corpid, "root": root}).fetchall()
    if not rows:
        raise ApiError(60003)
    seen = apps.departments_seen(call.db, call.app)
    if root is not None and root not in seen:
        raise ApiError(60011)
    return [row for row in rows if row["id"] in seen]


def department_id(call: Call, name: str) -> int | None:
    value = call.args.text(name)
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 10:
        raise ApiError(60123)
    return int(value)


def refuse_helper(call: Call) -> None:
    """48009 for a contact-sync helper, unless its address was added before 2022-08-15: it may read ids only."""
    if call.app.kind == "contact-sync" and not call.app.early:
        raise ApiError(48009)


def _full(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "name_en": "",
        "department_leader": [],
        "parentid": row["parentid"],
        "order": row["position"],
    }


@endpoint("GET", "department/list", empty={"department": []}, reads=True)
def list_departments(call: Call) -> dict[str, Any]:
    refuse_helper(call)
    return {"department": [_full(row) for row in _rows(call)]}


@endpoint("GET", "department/get", empty={"department": {}}, reads=True)
def get_department(call: Call) -> dict[str, Any]:
    refuse_helper(call)
    number = department_id(call, "id")
    if number is None:
        raise ApiError(60123)
    return {"department": next(_full(row) for row in _rows(call) if row["id"] == number)}


@endpoint("GET", "department/simplelist", empty={"department_id": []}, reads=True)
def list_department_ids(call: Call) -> dict[str, Any]:
    rows = _rows(call)
    return {
        "department_id": [{"id": row["id"], "parentid": row["parentid"], "order": row["position"]} for row in rows]
    }
