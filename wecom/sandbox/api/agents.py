"""What an app may know of itself (doc 90227)."""

from typing import Any

from wecom.sandbox.api.endpoint import Call, endpoint
from wecom.sandbox.errors import ApiError


@endpoint("GET", "agent/get", empty={"agentid": 0, "name": ""}, reads=True)
def get_agent(call: Call) -> dict[str, Any]:
    """Only the app of the secret: 301002 for any other."""
    if call.args.text("agentid", missing=40056) != str(call.app.agentid):
        raise ApiError(301002)
    return {
        "agentid": call.app.agentid,
        "name": call.app.name or call.corp.name,
        "square_logo_url": "",
        "description": "",
        **_visible_range(call),
        "close": 0,
        "redirect_domain": call.app.redirect_domain,
        "report_location_flag": 0,
        "isreportenter": 0,
        "home_url": "",
    }


def _visible_range(call: Call) -> dict[str, Any]:
    """As the console holds it; an app without limits has the whole corp, unless it has nobody whom an app may see."""
    app = call.app
    seen = call.db.execute(
        "SELECT 1 FROM app_member WHERE corpid = ? AND agentid = ? LIMIT 1", (app.corpid, app.agentid)
    ).fetchone()
    departments = app.departments if app.limited else [1]
    return {
        "allow_userinfos": {"user": [{"userid": userid} for userid in app.userids] if seen else []},
        "allow_partys": {"partyid": departments if seen else []},
        "allow_tags": {"tagid": []},
    }
