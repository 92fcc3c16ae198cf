"""Pages for people: the two phones, the QR codes, the login that WeCom would show."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug import Request, Response
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect, send_from_directory

from wecom.sandbox import corps
from wecom.sandbox.api.auth import BASE, CONSENT, PRIVATE, new_code
from wecom.sandbox.api.media import served
from wecom.sandbox.apps import App
from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Impossible, Person
from wecom.sandbox.scans import Scan, scan
from wecom.sandbox.store import Db
from wecom.sandbox.words import LANGUAGES, words
from wecom.sandbox.world import World

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STATE = re.compile(r"[A-Za-z0-9]{0,128}")
_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True)
class Visit:
    """One request for a page."""

    world: World
    request: Request

    @property
    def language(self) -> str:
        asked = self.request.args.get("lang") or self.request.cookies.get("lang", "")
        if asked in LANGUAGES:
            return asked
        return self.request.accept_languages.best_match(LANGUAGES, "zh") or "zh"

    def code(self) -> Response:
        """The QR code of the page whose address is this one's without ``.png``."""
        base = self.world.public_url or self.request.host_url
        image = io.BytesIO()
        address = f"{base.rstrip('/')}{self.request.path.removesuffix('.png')}"
        segno.make(address, error="m").save(image, kind="png", scale=8, border=3)
        return Response(image.getvalue(), content_type="image/png")

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        language = self.language
        here = {name: value for name, value in self.request.args.items() if name != "lang"}
        other = LANGUAGES[1 - LANGUAGES.index(language)]
        html = _templates.get_template(template).render(
            t=words(language), language=language, switch="?" + urlencode({**here, "lang": other}), **context
        )
        response = Response(html, status, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if self.request.args.get("lang") in LANGUAGES:
            response.set_cookie("lang", language, samesite="Lax")
        return response


Page = Callable[..., Response]
_rules: list[Rule] = []
_pages: dict[str, Page] = {}


def page(path: str, method: str = "GET") -> Callable[[Page], Page]:
    """Registers ``page(visit, **path_values)``."""

    def register(handler: Page) -> Page:
        _rules.append(Rule(path, endpoint=f"{method} {path}", methods=[method]))
        _pages[f"{method} {path}"] = handler
        return handler

    return register


def routing_map() -> Map:
    return Map([rule.empty() for rule in _rules])


def show(world: World, request: Request, name: str, values: dict[str, Any]) -> Response:
    return _pages[name](Visit(world, request), **values)


@page("/")
def control_page(visit: Visit) -> Response:
    with visit.world.store.reading() as db:
        known = corps.every(db)
    names = [{"corpid": corp.corpid, "name": corp.name} for corp in known]
    return visit.page("control.html", corps=names, words=json.dumps(words(visit.language), ensure_ascii=False))


@page("/healthz")
def health(visit: Visit) -> Response:
    return Response("ok", content_type="text/plain")


@page("/static/<path:name>")
def static(visit: Visit, name: str) -> Response:
    return send_from_directory(HERE / "static", name, visit.request.environ)


@page("/media/<media_id>")
def media(visit: Visit, media_id: str) -> Response:
    """A file as a phone shows it: the phone keeps what it received, whatever became of the media id."""
    with visit.world.store.reading() as db:
        row = db.execute("SELECT * FROM media WHERE media_id = ?", (media_id,)).fetchone()
    if row is None:
        raise NotFound
    return served(row, visit.request.environ)


def _contact_way(db: Db, config_id: str) -> tuple[Corp, dict[str, Any]] | None:
    row = db.execute("SELECT * FROM contact_way WHERE config_id = ?", (config_id,)).fetchone()
    corp = corps.find(db, row["corpid"]) if row else None
    return (corp, {"config_id": config_id, **json.loads(row["body"])}) if corp else None


@page("/qr/<config_id>.png")
def qr_image(visit: Visit, config_id: str) -> Response:
    """The QR code; what it says is the address of the page beside it."""
    with visit.world.store.reading() as db:
        if _contact_way(db, config_id) is None:
            raise NotFound
    return visit.code()


@page("/qr/<config_id>")
def qr_page(visit: Visit, config_id: str) -> Response:
    with visit.world.store.reading() as db:
        found = _contact_way(db, config_id)
    if found is None:
        return visit.page("message.html", 404, message=words(visit.language)["qr_unknown"])
    return visit.page("qr.html", corp=found[0], way=found[1], done=None)


@page("/qr/<config_id>", "POST")
def qr_scan(visit: Visit, config_id: str) -> Response:
    """A new customer scans."""
    with visit.world.store.transaction() as db:
        found = _contact_way(db, config_id)
        if found is None:
            return visit.page("message.html", 404, message=words(visit.language)["qr_unknown"])
        person = Person(name=visit.request.form.get("name", "").strip()[:64])
        try:
            done = scan(visit.world.store, db, found[0], Scan(config_id=config_id), person, visit.world.clock.now())
        except Impossible as error:
            return visit.page("message.html", 409, message=str(error))
    visit.world.postman.wake()
    return visit.page("qr.html", corp=found[0], way=found[1], done=done)


@page("/connect/oauth2/authorize")
def authorize(visit: Visit) -> Response:
    return _login(visit)


@page("/wwlogin/sso/login")
def sso_login(visit: Visit) -> Response:
    return _login(visit)


def _login(visit: Visit) -> Response:
    """Choose a member; the link leads back with a code."""
    with visit.world.store.transaction() as db:
        app, wrong = _application(visit, db)
        corp = corps.find(db, app.corpid) if app else None
        if app is None or corp is None:
            return visit.page("message.html", 400, message=words(visit.language)[wrong])
        members = db.execute(
            "SELECT s.userid, s.name, s.title FROM staff s"
            " JOIN app_member a ON a.corpid = s.corpid AND a.agentid = ? AND a.userid = s.userid"
            " WHERE s.corpid = ? AND s.status = 1 ORDER BY s.rowid",
            (app.agentid, app.corpid),
        ).fetchall()
    query = {name: visit.request.args.get(name, "") for name in ("appid", "agentid", "redirect_uri", "state", "scope")}
    choices = [(row, "/wwlogin/choose?" + urlencode({**query, "userid": row["userid"]})) for row in members]
    return visit.page("login.html", corp=corp, choices=choices)


def _application(visit: Visit, db: Db) -> tuple[App | None, str]:
    """The app that the login is for (the corp's first unless named), or the word that says what is wrong."""
    args = visit.request.args
    corp = corps.find(db, args.get("appid", ""))
    target = urlsplit(args.get("redirect_uri", ""))
    if corp is None:
        return None, "login_bad_appid"
    app = next((app for app in corp.apps if args.get("agentid", "") in ("", str(app.agentid))), None)
    if app is None:
        return None, "login_bad_agent"
    if target.scheme not in ("http", "https") or not target.hostname:
        return None, "login_bad_redirect"
    if app.redirect_domain not in ("", target.netloc.lower()):
        return None, "login_bad_domain"
    if not STATE.fullmatch(args.get("state", "")):
        return None, "login_bad_state"
    return app, ""


@page("/wwlogin/choose")
def choose(visit: Visit) -> Response:
    """Back to the product with a code."""
    with visit.world.store.transaction() as db:
        app, wrong = _application(visit, db)
        corp = corps.find(db, app.corpid) if app else None
        member = corps.staff(db, corp.corpid, visit.request.args.get("userid", "")) if corp else None
        if app is None or member is None:
            return visit.page("message.html", 400, message=words(visit.language)[wrong or "login_bad_staff"])
        scope = PRIVATE if visit.request.args.get("scope") == PRIVATE else BASE
        who: dict[str, Any] = {"userid": member["userid"], "scope": scope, "consent": list(CONSENT)}
        code = new_code(visit.world.store, db, app, visit.world.clock.now(), **who)
    target = visit.request.args["redirect_uri"]
    glue = "&" if urlsplit(target).query else "?"
    return redirect(target + glue + urlencode({"code": code, "state": visit.request.args.get("state", "")}))
