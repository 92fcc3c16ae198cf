"""Statistics of groups (doc 92133)."""

from typing import Any

from wecom.sandbox import corps
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.windows import days
from wecom.sandbox.apps import sees
from wecom.sandbox.days import DAY
from wecom.sandbox.group_figures import figures, lives

ORDERS = {1: "new_chat_cnt", 2: "chat_total", 3: "new_member_cnt", 4: "member_total"}


def _asked(call: Call) -> tuple[list[int], list[str]]:
    """The days and, as far as they are in range, the owners."""
    begin = call.body.integer("day_begin_time", missing=40063)
    window = days(call, begin, call.body.integer("day_end_time", default=begin))
    owners = call.body.inner("owner_filter").texts("userid_list", missing=40063, most=100)
    return window, [owner for owner in owners if sees(call.db, call.app, owner)]


@endpoint("POST", "externalcontact/groupchat/statistic", empty={"total": 0, "next_offset": 0, "items": []}, reads=True)
def by_owner(call: Call) -> dict[str, Any]:
    window, owners = _asked(call)
    order = ORDERS[call.body.integer("order_by", default=1, least=1, most=4)]
    ascending = call.body.integer("order_asc", most=1)
    offset = call.body.integer("offset")
    limit = call.body.integer("limit", default=500, most=1000) or 500
    known = lives(call.db, call.corp, owners) if window else []
    items: list[dict[str, Any]] = [
        {"owner": _name(call, owner), "data": figures(known, [owner], window[0], window[-1] + DAY)}
        for owner in (owners if window else [])
    ]
    items.sort(key=lambda item: item["data"][order], reverse=not ascending)
    shown = items[offset : offset + limit]
    return {"total": len(items), "next_offset": min(offset, len(items)) + len(shown), "items": shown}


def _name(call: Call, owner: str) -> str:
    row = corps.staff(call.db, call.corp.corpid, owner)
    return str(row["userid"]) if row else owner


@endpoint("POST", "externalcontact/groupchat/statistic_group_by_day", empty={"items": []}, reads=True)
def by_day(call: Call) -> dict[str, Any]:
    window, owners = _asked(call)
    known = lives(call.db, call.corp, owners)
    return {"items": [{"stat_time": day, "data": figures(known, owners, day, day + DAY)} for day in window]}
