"""Act as an admin in WeCom's console: rule groups 规则组 decide which members may use which tags (doc 94883)."""

from typing import Any

from wecom.sandbox.control.inputs import BadInput
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.store import dumps


@route("POST", "corps/<corpid>/rule_groups")
def save(control: Control, corpid: str) -> dict[str, Any]:
    """Makes or changes the rule group `id`: `name`, `parent` (0: first level), `userids` whom it covers."""
    inputs = control.inputs
    number, name = inputs.integer("id", least=1), inputs.text("name", required=True)
    parent, userids = inputs.integer("parent", 0), inputs.texts("userids")
    inputs.finish()
    if number is None:
        raise BadInput("id is missing.")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        covered = [control.staff(db, corp, userid) for userid in userids]
        db.execute(
            "INSERT INTO strategy (corpid, id, name, parent, userids) VALUES (?, ?, ?, ?, ?) ON CONFLICT (corpid, id)"
            " DO UPDATE SET name = excluded.name, parent = excluded.parent, userids = excluded.userids",
            (corp.corpid, number, name, parent, dumps(covered)),
        )
    return {"id": number}
