"""What staff do with the app on their phones: write to it, open it, use its menu and its cards. Each is a callback."""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from wecom.sandbox.apps import App, sees
from wecom.sandbox.corps import Corp
from wecom.sandbox.events import Element, publish
from wecom.sandbox.relations import Impossible
from wecom.sandbox.store import Db, Store

CODE_LIFE = 72 * 3600
MESSAGES: dict[str, tuple[str, ...]] = {
    "text": ("Content",),
    "image": ("PicUrl", "MediaId"),
    "voice": ("MediaId", "Format"),
    "video": ("MediaId", "ThumbMediaId"),
    "location": ("Location_X", "Location_Y", "Scale", "Label", "AppType"),
    "link": ("Title", "Description", "Url", "PicUrl"),
}
OF_MEMBERS = ("subscribe", "unsubscribe", "enter_agent", "click", "view", "LOCATION")
OF_THE_CORP = (
    *("batch_job_result", "inactive_alert", "close_inactive_agent", "reopen_inactive_agent"),
    *("low_active_alert", "low_active", "active_restored"),
)


def tagged(db: Db, corp: Corp, tag: str) -> list[str]:
    """The members with a member tag."""
    rows = db.execute(
        "SELECT userid FROM member_tag WHERE corpid = ? AND tagid = ? ORDER BY userid", (corp.corpid, tag)
    )
    return [row["userid"] for row in rows]


# --- codes that change a card ---


def new_code(store: Store, db: Db, msgid: str, now: float) -> str:
    code = store.new_id(db, "RESP", 48)
    db.execute("INSERT INTO card_code (code, msgid, issued) VALUES (?, ?, ?)", (code, msgid, now))
    return code


def message_of_code(db: Db, app: App, code: str, now: float) -> str:
    """The msgid of the card; "" for a code that cannot be used."""
    row = db.execute(
        "SELECT msgid FROM card_code c JOIN app_send s USING (msgid) WHERE c.code = ? AND c.used IS NULL"
        " AND c.issued > ? AND s.corpid = ? AND s.agentid = ? AND s.recalled IS NULL",
        (code, now - CODE_LIFE, app.corpid, app.agentid),
    ).fetchone()
    return str(row["msgid"]) if row else ""


def use_code(db: Db, code: str, now: float) -> None:
    db.execute("UPDATE card_code SET used = ? WHERE code = ?", (now, code))


# --- what staff do ---


def _reachable(db: Db, app: App, userid: str) -> None:
    if not sees(db, app, userid):
        raise Impossible(f"{userid} is not in the app's visible range.")
    if not app.callback_url:
        raise Impossible("The app has no callback URL.")


def say(store: Store, db: Db, corp: Corp, app: App, userid: str, kind: str, parts: dict[str, str], now: float) -> str:
    """The member writes to the app; returns the MsgId."""
    _reachable(db, app, userid)
    msgid = str(7_000_000_000_000_000_000 + store.number(db, "staff message"))
    elements: list[Element] = [(name, parts.get(name, "")) for name in MESSAGES[kind]]
    agent = (("MsgId", int(msgid)), ("AgentID", app.agentid))
    publish(db, corp, now, *elements, *agent, to=[app], sender=userid, kind=kind)
    return msgid


def does(db: Db, corp: Corp, app: App, userid: str, event: str, parts: dict[str, str], now: float) -> None:
    """An event of `OF_MEMBERS`; `parts`: EventKey, or Latitude, Longitude and Precision."""
    _reachable(db, app, userid)
    place = ("Latitude", "Longitude", "Precision") if event == "LOCATION" else ()
    key = () if event == "LOCATION" else ("EventKey",)
    elements: list[Element] = [(name, parts.get(name, "")) for name in (*place, *key)]
    publish(db, corp, now, ("Event", event), *elements, ("AgentID", app.agentid), to=[app], sender=userid)


def hears(db: Db, corp: Corp, app: App, event: str, parts: dict[str, Any], now: float) -> None:
    """An event of `OF_THE_CORP`; `parts`: EffectTime, or BatchJob with JobId, JobType, ErrCode, ErrMsg."""
    elements = [(name, tuple(value.items()) if isinstance(value, dict) else value) for name, value in parts.items()]
    publish(db, corp, now, ("Event", event), *elements, ("AgentID", app.agentid), to=[app])


def subscribers(db: Db, corp: Corp) -> dict[int, set[str]]:
    """Whom each app sees."""
    rows = db.execute("SELECT agentid, userid FROM app_member WHERE corpid = ?", (corp.corpid,)).fetchall()
    seen: dict[int, set[str]] = {app.agentid: set() for app in corp.apps}
    for row in rows:
        seen.setdefault(row["agentid"], set()).add(row["userid"])
    return seen


def tell_subscriptions(db: Db, corp: Corp, before: dict[int, set[str]], now: float) -> None:
    """``subscribe`` and ``unsubscribe`` of those who entered or left an app's visible range since `before`."""
    after = subscribers(db, corp)
    for app in corp.apps:
        old, new = before.get(app.agentid, after[app.agentid]), after[app.agentid]
        for event, userids in (("subscribe", new - old), ("unsubscribe", old - new)):
            for userid in sorted(userids):
                publish(db, corp, now, ("Event", event), ("AgentID", app.agentid), to=[app], sender=userid)


@dataclass(frozen=True)
class Press:
    """A button or a menu entry of a card, with the options that were chosen, by question_key."""

    msgid: str
    key: str
    chosen: dict[str, list[str]] = field(default_factory=dict)


def press(store: Store, db: Db, corp: Corp, userid: str, pressed: Press, now: float) -> str:
    """``template_card_event`` or ``template_card_menu_event``; returns its ResponseCode."""
    row = _message(db, corp, userid, pressed.msgid)
    message = json.loads(row["content"])
    card = message.get("card")
    if card is None or message.get("closed"):
        raise Impossible("There is nothing to press.")
    app = corp.app(row["agentid"])
    if app is None:
        raise Impossible("The app is gone.")
    event = _event(card, pressed.key)
    _check_answers(card, pressed.chosen)
    code = new_code(store, db, pressed.msgid, now)
    elements: list[Element] = [
        ("Event", event),
        ("EventKey", pressed.key),
        ("TaskId", card.get("task_id", "")),
        ("CardType", card["card_type"]),
        ("ResponseCode", code),
        ("AgentID", app.agentid),
    ]
    if event == "template_card_event" and pressed.chosen:
        elements.append(("SelectedItems", _selected(pressed.chosen)))
    publish(db, corp, now, *elements, to=[app], sender=userid)
    return code


def _message(db: Db, corp: Corp, userid: str, msgid: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT m.* FROM app_message m JOIN app_send s USING (msgid) WHERE m.msgid = ? AND m.userid = ?"
        " AND m.corpid = ? AND s.recalled IS NULL",
        (msgid, userid, corp.corpid),
    ).fetchone()
    if row is None:
        raise Impossible(f"{userid} has no message {msgid}.")
    return row


def _event(card: dict[str, Any], key: str) -> str:
    menu = card.get("action_menu") or {}
    if key in [action["key"] for action in menu.get("action_list", [])]:
        return "template_card_menu_event"
    buttons = [button.get("key") for button in card.get("button_list", []) if not button.get("type")]
    if key not in [*buttons, (card.get("submit_button") or {}).get("key")]:
        raise Impossible(f"The card has no button {key}.")
    return "template_card_event"


def questions(card: dict[str, Any]) -> dict[str, tuple[list[str], int]]:
    """By question_key: the ids of its options, and how many may be chosen."""
    checkbox, selection = card.get("checkbox"), card.get("button_selection")
    asked = [*card.get("select_list", []), *([checkbox] if checkbox else []), *([selection] if selection else [])]
    return {
        one["question_key"]: (
            [option["id"] for option in one["option_list"]],
            len(one["option_list"]) if one.get("mode") else 1,
        )
        for one in asked
    }


def _check_answers(card: dict[str, Any], chosen: dict[str, list[str]]) -> None:
    known = questions(card)
    for question, answers in chosen.items():
        options, most = known.get(question, ([], 0))
        if len(answers) > most or not set(answers) <= set(options):
            raise Impossible(f"{question} cannot be answered so.")


def _selected(chosen: dict[str, list[str]]) -> tuple[Element, ...]:
    return tuple(
        (
            "SelectedItem",
            (("QuestionKey", question), ("OptionIds", tuple(("OptionId", answer) for answer in answers))),
        )
        for question, answers in chosen.items()
    )
