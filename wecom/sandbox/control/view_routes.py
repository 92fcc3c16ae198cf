"""Everything that the control page shows, in one answer: it asks every second or so."""

from typing import Any

from wecom.sandbox import acquisition, corps, join_ways, record, relations
from wecom.sandbox.control.inputs import NotFound
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.corps import Corp
from wecom.sandbox.faults import NAMES
from wecom.sandbox.store import Db

SHOWN = 200
KINDS = ("ChangeType", "Event", "MsgType")


@route("GET", "corps/<corpid>/view")
def view(control: Control, corpid: str) -> dict[str, Any]:
    """``?customer=&staff=&q=``: whose phones to show (default: the newest customer, the first member)."""
    world = control.world
    faults = world.faults.describe()
    with world.store.reading() as db:
        corp = control.corp(db, corpid)
        shown = {**_staff(control, db, corp), **_customers(control, db, corp)}
        shown["contact_ways"] = record.contact_ways(db, corp)
        shown["join_ways"] = join_ways.every(db, corp)
        shown["links"] = acquisition.every(db, corp)
        shown["units"] = acquisition.balance(db, corp, control.now)
        shown["callbacks"] = [_callback(entry) for entry in record.callbacks(db, corp)[:12]]
    return {
        **shown,
        "clock": world.clock.describe(),
        "people": world.people.running,
        "faults": {name: faults.get(name, {"rate": 0, "hits": 0}) for name in NAMES},
    }


def _staff(control: Control, db: Db, corp: Corp) -> dict[str, Any]:
    members = db.execute(
        "SELECT s.userid, s.name, s.title, (SELECT count(*) FROM mass_task t JOIN mass m USING (msgid)"
        " WHERE t.corpid = s.corpid AND t.userid = s.userid AND t.status = 0 AND m.cancelled IS NULL) AS open_tasks"
        " FROM staff s WHERE s.corpid = ? AND s.status = 1 ORDER BY s.rowid LIMIT ?",
        (corp.corpid, SHOWN),
    ).fetchall()
    wanted = control.request.args.get("staff") or (members[0]["userid"] if members else "")
    row = corps.staff(db, corp.corpid, wanted)
    return {
        "staff": [dict(member) for member in members],
        "member": record.staff_phone(db, corp, row, control.now) if row else None,
    }


def _customers(control: Control, db: Db, corp: Corp) -> dict[str, Any]:
    rows = db.execute(
        "SELECT external_userid, name FROM customer WHERE +corpid = ? AND instr(name, ?) ORDER BY rowid DESC LIMIT ?",
        (corp.corpid, control.request.args.get("q", ""), SHOWN),
    ).fetchall()
    wanted = control.request.args.get("customer") or (rows[0]["external_userid"] if rows else "")
    row = relations.customer(db, corp, wanted)
    if wanted and row is None:
        raise NotFound(f"There is no customer {wanted}.")
    return {
        "customers": [dict(one) for one in rows],
        "customer": record.customer(db, corp, row, control.now) if row else None,
    }


def _callback(entry: dict[str, Any]) -> dict[str, Any]:
    """`kind`: the ChangeType of customers' events, the Event of the app's, the MsgType of what staff write."""
    named = (entry["xml"].partition(f"<{name}><![CDATA[")[2].partition("]]>")[0] for name in KINDS)
    kind = next((one for one in named if one), "")
    return {"id": entry["id"], "kind": kind, "state": entry["state"], "tries": entry["tries"]}
