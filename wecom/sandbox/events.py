"""What happens in the corp becomes callback events (doc 92130), as XML, in the table that the postman empties."""

import re
import time
from typing import Any

from wecom.sandbox.corps import Corp
from wecom.sandbox.store import Db

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Element = tuple[str, Any]


def publish(db: Db, corp: Corp, now: float, *elements: Element) -> None:
    """Queues one event. Strings become CDATA, integers plain text, lists Item elements; None is left out."""
    if not corp.callback_url:
        return
    common: list[Element] = [
        ("ToUserName", corp.corpid),
        ("FromUserName", "sys"),
        ("CreateTime", int(now)),
        ("MsgType", "event"),
    ]
    inner = "".join(_element(name, value) for name, value in [*common, *elements] if value is not None)
    db.execute(
        "INSERT INTO callback (corpid, xml, due) VALUES (?, ?, ?)", (corp.corpid, f"<xml>{inner}</xml>", time.time())
    )


def _element(name: str, value: Any) -> str:
    if isinstance(value, int):
        text = str(value)
    elif isinstance(value, list):
        text = "".join(_element("Item", item) for item in value)
    else:
        text = cdata(value)
    return f"<{name}>{text}</{name}>"


def cdata(text: str) -> str:
    return "<![CDATA[" + NOT_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def contact_event(
    db: Db, corp: Corp, now: float, change: str, userid: str, external_userid: str, **more: str | None
) -> None:
    """``change_external_contact``; `more`: State, WelcomeCode, Source, FailReason."""
    publish(
        db,
        corp,
        now,
        ("Event", "change_external_contact"),
        ("ChangeType", change),
        ("UserID", userid),
        ("ExternalUserID", external_userid),
        *((name, value or None) for name, value in more.items()),
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


def chat_event(db: Db, corp: Corp, now: float, change: str, chat_id: str, detail: str | None = None) -> None:
    """``change_external_chat``; `detail`: UpdateDetail, of an update."""
    publish(
        db,
        corp,
        now,
        ("Event", "change_external_chat"),
        ("ChangeType", change),
        ("ChatId", chat_id),
        ("UpdateDetail", detail),
    )
