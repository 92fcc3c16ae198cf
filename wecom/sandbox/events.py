"""What happens in the corp becomes callback events (doc 92130), as XML, in the table that the postman empties."""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from wecom.sandbox.apps import App, sees
from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Element = tuple[str, Any]


def publish(
    db: Db,
    corp: Corp,
    now: float,
    *elements: Element,
    to: Iterable[App] | None = None,
    sender: str = "sys",
    kind: str = "event",
) -> None:
    """Queues one event for each app of `to` that has a callback URL; `to` None: for all that may use customer data.

    Strings become CDATA, integers plain text, lists Item elements, tuples elements of their own; None is left out.
    """
    receivers = [app for app in corp.apps if app.customer_api] if to is None else to
    common: list[Element] = [
        ("ToUserName", corp.corpid),
        ("FromUserName", sender),
        ("CreateTime", int(now)),
        ("MsgType", kind),
    ]
    inner = "".join(_element(name, value) for name, value in [*common, *elements] if value is not None)
    db.executemany(
        "INSERT INTO callback (corpid, agentid, xml, due) VALUES (?, ?, ?, ?)",
        [(corp.corpid, app.agentid, f"<xml>{inner}</xml>", time.time()) for app in receivers if app.callback_url],
    )


def concerned(db: Db, corp: Corp, userid: str) -> list[App]:
    """The apps that hear of this member's customers: in 客户联系's list, and the member in their visible range."""
    return [app for app in corp.apps if app.customer_api and sees(db, app, userid)]


def _element(name: str, value: Any) -> str:
    if isinstance(value, int):
        text = str(value)
    elif isinstance(value, list):
        text = "".join(_element("Item", item) for item in value)
    elif isinstance(value, tuple):
        text = "".join(_element(inner, item) for inner, item in value)
    else:
        text = cdata(value)
    return f"<{name}>{text}</{name}>"


def cdata(text: str) -> str:
    return "<![CDATA[" + NOT_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def contact_event(
    db: Db,
    corp: Corp,
    now: float,
    change: str,
    userid: str,
    external_userid: str,
    *,
    codes: Mapping[int, str] | None = None,
    **more: str | None,
) -> None:
    """``change_external_contact``; `codes`: each app's welcome code by agentid; `more`: State, Source, FailReason."""
    for app in concerned(db, corp, userid):
        publish(
            db,
            corp,
            now,
            ("Event", "change_external_contact"),
            ("ChangeType", change),
            ("UserID", userid),
            ("ExternalUserID", external_userid),
            *((name, value or None) for name, value in more.items()),
            ("WelcomeCode", (codes or {}).get(app.agentid)),
            to=[app],
        )


def tag_event(db: Db, corp: Corp, now: float, change: str, ident: str, kind: str | None) -> None:
    """``change_external_tag``; `kind` is tag or tag_group, None for a shuffle."""
    publish(
        db,
        corp,
        now,
        ("Event", "change_external_tag"),
        ("Id", ident or None),
        ("TagType", kind),
        ("ChangeType", change),
    )


def chat_event(db: Db, corp: Corp, now: float, change: str, chat_id: str, *more: Element) -> None:
    """``change_external_chat``, for the apps that see the owner; `more`: UpdateDetail and the like, of an update."""
    owner = db.execute("SELECT owner FROM group_chat WHERE chat_id = ?", (chat_id,)).fetchone()
    publish(
        db,
        corp,
        now,
        ("Event", "change_external_chat"),
        ("ChangeType", change),
        ("ChatId", chat_id),
        *more,
        to=concerned(db, corp, owner["owner"]),
    )
