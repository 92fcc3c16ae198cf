"""Template cards (doc 90236): five types, made of parts that are named as WeCom names them.

Empty parts are left out. Interactive cards need an app with a callback URL (43012): button, vote and multiple always,
the two notices if they have an action menu.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar

from wecom.app_content import ENDPOINT, required
from wecom.outgoing import check_bytes, check_count, check_links, refuse
from wecom.text import clean

TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
LINKS = ("url", "icon_url", "image_url")
KEY_BYTES = 1024  # of a button's or an action's key
OPTION_BYTES = 128  # of an option's id


@dataclass(frozen=True, slots=True)
class Source:
    """desc_color: 0 grey, 1 black, 2 red, 3 green."""

    icon_url: str = ""
    desc: str = ""
    desc_color: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class ActionMenu:
    """One to three actions behind the dots of the card; pressing one is a `template_card_menu_event`."""

    action_list: Sequence[Action]
    desc: str = ""


@dataclass(frozen=True, slots=True)
class Title:
    title: str = ""
    desc: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """type: 0 none, 1 url, 2 mini-program (appid, pagepath)."""

    type: int = 0
    url: str = ""
    appid: str = ""
    pagepath: str = ""
    title: str = ""
    quote_text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """type: 0 text, 1 url, 2 a file (media_id), 3 a member's page (userid)."""

    keyname: str
    value: str = ""
    type: int = 0
    url: str = ""
    media_id: str = ""
    userid: str = ""


@dataclass(frozen=True, slots=True)
class Jump:
    """A line at the end, and what a tap on the card does. type: 1 url, 2 mini-program (appid, pagepath)."""

    title: str = ""
    type: int = 1
    url: str = ""
    appid: str = ""
    pagepath: str = ""


@dataclass(frozen=True, slots=True)
class CardImage:
    """aspect_ratio: width by height, 1.3 to 2.25."""

    url: str
    aspect_ratio: float = 1.3


@dataclass(frozen=True, slots=True)
class ImageText:
    """An image beside a text. type: 0 none, 1 url, 2 mini-program."""

    image_url: str
    title: str = ""
    desc: str = ""
    type: int = 0
    url: str = ""
    appid: str = ""
    pagepath: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """style 1 to 4. type: 0 calls back with `key`, 1 opens `url`."""

    text: str
    key: str = ""
    style: int = 1
    type: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    text: str
    is_checked: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """One choice of up to ten options."""

    question_key: str
    option_list: Sequence[Option]
    title: str = ""
    selected_id: str = ""


@dataclass(frozen=True, slots=True)
class Checkbox:
    """Up to twenty options. mode: 0 one of them, 1 several."""

    question_key: str
    option_list: Sequence[Option]
    mode: int = 0


@dataclass(frozen=True, slots=True)
class SubmitButton:
    text: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What all five have. task_id: unique per app, ≤ 128 of `[0-9A-Za-z_@-]`; needed by whatever calls back."""

    msgtype: ClassVar[str] = "template_card"
    card_type: ClassVar[str]
    main_title: Title = Title()
    source: Source | None = None
    action_menu: ActionMenu | None = None
    task_id: str = ""

    def body(self) -> dict[str, Any]:
        self.check()
        parts: dict[str, Any] = _plain(self)
        _check_links(parts)
        return {"card_type": self.card_type, **parts}

    def check(self) -> None:
        """Raises WeComError(PERMANENT)."""
        if self.action_menu:
            check_count(ENDPOINT, "template_card.action_menu.action_list", self.action_menu.action_list, 3)
            _check_keys(*(action.key for action in self.action_menu.action_list))
        if (self.action_menu or self.task_id) and not TASK_ID.fullmatch(self.task_id):
            raise refuse(ENDPOINT, "template_card.task_id is not 1 to 128 letters, digits, _, - or @")

    def must_have(self, **parts: object) -> None:
        required("template_card", **parts)

    def at_most(self, **parts: tuple[Sequence[object], int]) -> None:
        for name, (items, most) in parts.items():
            check_count(ENDPOINT, f"template_card.{name}", items, most, least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextNotice(Card):
    """A text; ≤ 6 rows, ≤ 3 jumps."""

    card_type: ClassVar[str] = "text_notice"
    quote_area: Quote | None = None
    emphasis_content: Title | None = None
    sub_title_text: str = ""
    horizontal_content_list: Sequence[Row] = ()
    jump_list: Sequence[Jump] = ()
    card_action: Jump | None = None

    def check(self) -> None:
        Card.check(self)
        self.must_have(main_title=self.main_title.title or self.sub_title_text, card_action=self.card_action)
        self.at_most(horizontal_content_list=(self.horizontal_content_list, 6), jump_list=(self.jump_list, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsNotice(Card):
    """A picture with text; ≤ 4 paragraphs, ≤ 6 rows, ≤ 3 jumps."""

    card_type: ClassVar[str] = "news_notice"
    quote_area: Quote | None = None
    card_image: CardImage | None = None
    image_text_area: ImageText | None = None
    vertical_content_list: Sequence[Title] = ()
    horizontal_content_list: Sequence[Row] = ()
    jump_list: Sequence[Jump] = ()
    card_action: Jump | None = None

    def check(self) -> None:
        Card.check(self)
        self.must_have(main_title=self.main_title.title, card_image=self.card_image or self.image_text_area)
        self.must_have(card_action=self.card_action)
        self.at_most(vertical_content_list=(self.vertical_content_list, 4), jump_list=(self.jump_list, 3))
        self.at_most(horizontal_content_list=(self.horizontal_content_list, 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonInteraction(Card):
    """One to six buttons, and a choice beside them; ≤ 6 rows."""

    card_type: ClassVar[str] = "button_interaction"
    quote_area: Quote | None = None
    sub_title_text: str = ""
    horizontal_content_list: Sequence[Row] = ()
    card_action: Jump | None = None
    button_selection: Selection | None = None
    button_list: Sequence[Button]

    def check(self) -> None:
        Card.check(self)
        self.must_have(main_title=self.main_title.title, task_id=self.task_id)
        check_count(ENDPOINT, "template_card.button_list", self.button_list, 6)
        self.at_most(horizontal_content_list=(self.horizontal_content_list, 6))
        _check_keys(*(button.key for button in self.button_list if button.type == 0))
        if self.button_selection:
            _check_options(self.button_selection.question_key, self.button_selection.option_list, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteInteraction(Card):
    """One question."""

    card_type: ClassVar[str] = "vote_interaction"
    checkbox: Checkbox
    submit_button: SubmitButton

    def check(self) -> None:
        Card.check(self)
        self.must_have(main_title=self.main_title.title, task_id=self.task_id)
        _check_options(self.checkbox.question_key, self.checkbox.option_list, 20)
        _check_keys(self.submit_button.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleInteraction(Card):
    """One to three questions."""

    card_type: ClassVar[str] = "multiple_interaction"
    select_list: Sequence[Selection]
    submit_button: SubmitButton

    def check(self) -> None:
        Card.check(self)
        self.must_have(main_title=self.main_title.title, task_id=self.task_id)
        check_count(ENDPOINT, "template_card.select_list", self.select_list, 3)
        for selection in self.select_list:
            _check_options(selection.question_key, selection.option_list, 10)
        _check_keys(self.submit_button.key)


def _check_keys(*keys: str) -> None:
    for key in keys:
        required("template_card", key=key)
        check_bytes(ENDPOINT, **{"template_card.key": (key, KEY_BYTES)})


def _check_links(part: Any) -> None:
    """Every URL, however deep it lies."""
    if isinstance(part, dict):
        check_links(ENDPOINT, **{f"template_card.{name}": part.get(name) for name in LINKS})
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _check_links(inner)


def _check_options(question_key: str, options: Sequence[Option], most: int) -> None:
    _check_keys(question_key)
    check_count(ENDPOINT, "template_card.option_list", options, most)
    for option in options:
        required("template_card.option_list", id=option.id, text=option.text)
        check_bytes(ENDPOINT, **{"template_card.option_list.id": (option.id, OPTION_BYTES)})


def _plain(part: Any) -> Any:
    """A part as JSON, without what is empty. Zero and false are WeCom's defaults, and left out too."""
    if isinstance(part, str):
        return clean(part)
    if is_dataclass(part):
        given = {field.name: _plain(getattr(part, field.name)) for field in fields(part)}
        return {name: value for name, value in given.items() if value}
    return [_plain(item) for item in part] if isinstance(part, Sequence) else part
