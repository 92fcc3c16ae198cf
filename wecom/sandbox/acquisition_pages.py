"""The page behind an acquisition link: where a customer arrives (doc 97297)."""

import json
from typing import Any

from werkzeug import Response
from werkzeug.exceptions import NotFound

from wecom.sandbox import acquisition, corps
from wecom.sandbox.acquisition import Visit
from wecom.sandbox.corps import Corp
from wecom.sandbox.pages import Visit as Request
from wecom.sandbox.pages import page
from wecom.sandbox.relations import Impossible, Person
from wecom.sandbox.store import Db
from wecom.sandbox.words import words


def _link(db: Db, link_id: str) -> tuple[Corp, Any] | None:
    link = acquisition.find(db, link_id)
    corp = corps.find(db, link["corpid"]) if link else None
    return (corp, link) if corp else None


def _channel(visit: Request) -> str:
    return visit.request.args.get("customer_channel", "")


def _gone(visit: Request) -> Response:
    return visit.page("message.html", 404, message=words(visit.language)["ca_unknown"])


def _shown(visit: Request, corp: Corp, link: Any, done: dict[str, Any] | None) -> Response:
    name = json.loads(link["body"])["link_name"]
    return visit.page("acquisition.html", corp=corp, link_name=name, channel=_channel(visit), done=done)


@page("/ca/<link_id>.png")
def qr_image(visit: Request, link_id: str) -> Response:
    """The QR code; what it says is the address of the page beside it."""
    with visit.world.store.transaction() as db:
        if _link(db, link_id) is None:
            raise NotFound
    return visit.code()


@page("/ca/<link_id>")
def look(visit: Request, link_id: str) -> Response:
    with visit.world.store.transaction() as db:
        found = _link(db, link_id)
    return _shown(visit, *found, done=None) if found else _gone(visit)


@page("/ca/<link_id>", "POST")
def arrive(visit: Request, link_id: str) -> Response:
    """A new customer adds whom the link leads to."""
    world = visit.world
    with world.store.transaction() as db:
        found = _link(db, link_id)
        if found is None:
            return _gone(visit)
        person = Person(name=visit.request.form.get("name", "").strip()[:64])
        wanted, now = Visit(_channel(visit)), world.clock.now()
        try:
            done = acquisition.arrive(world.store, db, *found, wanted, person, now)
        except Impossible as error:
            problem: Impossible | None = error
        else:
            problem = None
    world.postman.wake()
    if problem:
        return visit.page("message.html", 409, message=str(problem))
    return _shown(visit, *found, done=done)
