"""Statistics of members' work with customers (doc 92132)."""

from typing import Any

from wecom.sandbox.api.customers import serving
from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.api.windows import days
from wecom.sandbox.apps import departments_seen, sees
from wecom.sandbox.behaviour import of_day
from wecom.sandbox.errors import ApiError
from wecom.sandbox.scans import staff_of_department

MOST = 100


@endpoint("POST", "externalcontact/get_user_behavior_data", empty={"behavior_data": []}, reads=True)
def by_day(call: Call) -> dict[str, Any]:
    """All asked members summed, one row a day."""
    begin, end = (call.body.integer(name, missing=40063) for name in ("start_time", "end_time"))
    window = days(call, begin, end)
    asked = call.body.texts("userid", most=MOST)
    parties = call.body.integers("partyid")
    if not asked and not parties:
        raise ApiError(40063)
    if len(parties) > MOST:
        raise ApiError(40058)
    members = {serving(call, userid)["userid"] for userid in asked}
    known = departments_seen(call.db, call.app)
    for party in parties:
        if party not in known:
            raise ApiError(60123)
        found = staff_of_department(call.db, call.corp, party)
        members |= {userid for userid in found if sees(call.db, call.app, userid)}
    return {"behavior_data": [of_day(call.db, call.corp, sorted(members), day) for day in window]}
