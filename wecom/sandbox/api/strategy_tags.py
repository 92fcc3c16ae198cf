"""Tags of rule groups 规则组标签 (doc 94882)."""

from typing import Any

from wecom.sandbox.api import tags
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError


@endpoint("POST", "externalcontact/get_strategy_tag_list", empty={"tag_group": []}, reads=True)
def list_tags(call: Call) -> dict[str, Any]:
    """Without `strategy_id`: of all rule groups."""
    strategy = _strategy(call)["id"] if "strategy_id" in call.body else tags.ANY_STRATEGY
    return {"tag_group": tags.listed(call, strategy)}


@endpoint("POST", "externalcontact/add_strategy_tag", empty={"tag_group": {}})
def add_tags(call: Call) -> dict[str, Any]:
    """Only rule groups of the first level have tags."""
    row = _strategy(call)
    if row["parent"]:
        raise ApiError(40035)
    return {"tag_group": tags.added(call, row["id"])}


@endpoint("POST", "externalcontact/edit_strategy_tag")
def edit_tag(call: Call) -> dict[str, Any]:
    tags.edited(call, tags.ANY_STRATEGY)
    return {}


@endpoint("POST", "externalcontact/del_strategy_tag")
def delete_tags(call: Call) -> dict[str, Any]:
    tags.delete_asked(call, tags.ANY_STRATEGY)
    return {}


def _strategy(call: Call) -> Any:
    """40035 for an unknown rule group; the document names no code."""
    row = call.db.execute(
        "SELECT * FROM strategy WHERE corpid = ? AND id = ?",
        (call.corp.corpid, call.body.integer("strategy_id", missing=40063)),
    ).fetchone()
    if row is None:
        raise ApiError(40035)
    return row
