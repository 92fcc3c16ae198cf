"""The page behind a join way's QR code: a customer comes into a group."""

import json
from typing import Any

from werkzeug import Response
from werkzeug.exceptions import NotFound

from wecom.sandbox import corps, groups, join_ways
from wecom.sandbox.corps import Corp
from wecom.sandbox.pages import Visit, page
from wecom.sandbox.relations import Impossible, Person
from wecom.sandbox.store import Db
from wecom.sandbox.words import words


def _way(db: Db, config_id: str) -> tuple[Corp, dict[str, Any]] | None:
    row = db.execute("SELECT * FROM join_way WHERE config_id = ?", (config_id,)).fetchone()
    corp = corps.find(db, row["corpid"]) if row else None
    return (corp, {"config_id": config_id, **json.loads(row["body"])}) if corp else None


@page("/join/<config_id>.png")
def qr_image(visit: Visit, config_id: str) -> Response:
    """The QR code; what it says is the address of the page beside it."""
    with visit.world.store.transaction() as db:
        if _way(db, config_id) is None:
            raise NotFound
    return visit.code()


@page("/join/<config_id>")
def qr_page(visit: Visit, config_id: str) -> Response:
    with visit.world.store.transaction() as db:
        found = _way(db, config_id)
    if found is None:
        return visit.page("message.html", 404, message=words(visit.language)["join_unknown"])
    return visit.page("join.html", corp=found[0], way=found[1], done=None)


@page("/join/<config_id>", "POST")
def qr_scan(visit: Visit, config_id: str) -> Response:
    """A new person scans and is in."""
    world = visit.world
    with world.store.transaction() as db:
        found = _way(db, config_id)
        if found is None:
            return visit.page("message.html", 404, message=words(visit.language)["join_unknown"])
        person = Person(name=visit.request.form.get("name", "").strip()[:64])
        try:
            came = join_ways.come(world.store, db, found[0], config_id, person, world.clock.now())
        except Impossible as error:
            return visit.page("message.html", 409, message=str(error))
        chat = groups.living(db, found[0], came["chat_id"])
    world.postman.wake()
    done = {**came, "name": chat["name"], "members": len(groups.members_of(chat))}
    return visit.page("join.html", corp=found[0], way=found[1], done=done)
