"""Template cards (doc 90236): the five types and their limits. Kept verbatim once accepted."""

import re
from collections.abc import Callable
from typing import Any

from wecom.sandbox.api.endpoint import Call
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.errors import ApiError

TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
KEY_BYTES, OPTION_BYTES = 1024, 128
INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")


def card(call: Call, part: Fields) -> dict[str, Any]:
    """40058: does not fit; 40063: something is missing; 42014: bad task_id; 43012: the app has no callback URL."""
    kind = part.text("card_type", missing=40063)
    check = TYPES.get(kind)
    if check is None:
        raise ApiError(40058)
    _common(part)
    check(part)
    whole: dict[str, Any] = part.whole()
    if calls_back(whole) and not call.app.callback_url:
        raise ApiError(43012)
    return whole


def calls_back(card: dict[str, Any]) -> bool:
    """Can its receiver press something that makes an event?"""
    return card["card_type"] in INTERACTIVE or bool(card.get("action_menu"))


def _common(part: Fields) -> None:
    part.inner("source").integer("desc_color", most=3)
    part.inner("quote_area").integer("type", most=2)
    task_id = part.text("task_id")
    menu = part.inner("action_menu")
    if "action_menu" in part:
        _count(list(menu.inners("action_list")), 3)
        for action in menu.inners("action_list"):
            action.text("text", missing=40063)
            _key(action, "key")
    needed = "action_menu" in part or part.text("card_type") in INTERACTIVE
    if (needed or task_id) and not TASK_ID.fullmatch(task_id):
        raise ApiError(42014)


def _text_notice(part: Fields) -> None:
    if not part.inner("main_title").text("title") and not part.text("sub_title_text"):
        raise ApiError(40063)
    _rows(part)
    _action(part)


def _news_notice(part: Fields) -> None:
    part.inner("main_title").text("title", missing=40063)
    if "card_image" in part:
        part.inner("card_image").text("url", missing=40063)
    else:
        part.inner("image_text_area").text("image_url", missing=40063)
    _count(list(part.inners("vertical_content_list")), 4, least=0)
    _rows(part)
    _action(part)


def _button_interaction(part: Fields) -> None:
    part.inner("main_title").text("title", missing=40063)
    _rows(part)
    buttons = list(part.inners("button_list", missing=40063))
    _count(buttons, 6)
    for button in buttons:
        button.text("text", missing=40063)
        if button.integer("type", most=1) == 0:
            _key(button, "key")
        else:
            button.text("url", missing=40063)
    if "button_selection" in part:
        _question(part.inner("button_selection"), 10)


def _vote_interaction(part: Fields) -> None:
    part.inner("main_title").text("title", missing=40063)
    part.inner("checkbox").integer("mode", most=1)
    _question(part.inner("checkbox"), 20)
    _submit(part)


def _multiple_interaction(part: Fields) -> None:
    part.inner("main_title").text("title", missing=40063)
    questions = list(part.inners("select_list", missing=40063))
    _count(questions, 3)
    for question in questions:
        _question(question, 10)
    _submit(part)


def _rows(part: Fields) -> None:
    rows = list(part.inners("horizontal_content_list"))
    _count(rows, 6, least=0)
    for row in rows:
        row.text("keyname", missing=40063)
        row.integer("type", most=3)
    jumps = list(part.inners("jump_list"))
    _count(jumps, 3, least=0)
    for jump in jumps:
        jump.text("title", missing=40063)
        jump.integer("type", most=3)


def _action(part: Fields) -> None:
    action = part.inner("card_action")
    kind = action.integer("type", missing=40063, least=1, most=2)
    action.text("url" if kind == 1 else "appid", missing=40063)


def _question(part: Fields, most: int) -> None:
    _key(part, "question_key")
    options = list(part.inners("option_list", missing=40063))
    _count(options, most)
    for option in options:
        option.text("id", missing=40063, size=OPTION_BYTES)
        option.text("text", missing=40063)


def _submit(part: Fields) -> None:
    part.inner("submit_button").text("text", missing=40063)
    _key(part.inner("submit_button"), "key")


def _key(part: Fields, name: str) -> None:
    part.text(name, missing=40063, size=KEY_BYTES)


def _count(items: list[Fields], most: int, *, least: int = 1) -> None:
    if not least <= len(items) <= most:
        raise ApiError(40058)


TYPES: dict[str, Callable[[Fields], None]] = {
    "text_notice": _text_notice,
    "news_notice": _news_notice,
    "button_interaction": _button_interaction,
    "vote_interaction": _vote_interaction,
    "multiple_interaction": _multiple_interaction,
}
