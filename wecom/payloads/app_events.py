"""What staff say to the app, and what they do to its cards (docs 90239, 90240), from a callback's elements."""

from dataclasses import dataclass
from typing import Any, Self

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class StaffMessage(Payload):
    """MsgType text, image, voice, video, location or link; what does not belong to the type is empty.

    Location_X is the latitude; both coordinates are text.
    """

    FromUserName: str
    MsgType: str
    CreateTime: int = 0
    MsgId: str = ""
    AgentID: int = 0
    Content: str = ""
    PicUrl: str = ""
    MediaId: str = ""
    Format: str = ""
    ThumbMediaId: str = ""
    Location_X: str = ""
    Location_Y: str = ""
    Scale: int = 0
    Label: str = ""
    Title: str = ""
    Description: str = ""
    Url: str = ""


@dataclass(frozen=True, slots=True)
class AppEvent(Payload):
    """subscribe, unsubscribe, enter_agent, click, view, LOCATION and whatever else a member does to the app."""

    FromUserName: str
    Event: str
    CreateTime: int = 0
    EventKey: str = ""
    AgentID: int = 0
    Latitude: str = ""
    Longitude: str = ""
    Precision: str = ""


@dataclass(frozen=True, slots=True)
class CardAnswer(Payload):
    """The options that were chosen for one question of a card."""

    question_key: str
    option_ids: tuple[str, ...] = ()

    @classmethod
    def from_wecom(cls, data: Any) -> Self:
        """From `{"QuestionKey": …, "OptionIds": […]}`."""
        chosen = data.get("OptionIds") if isinstance(data, dict) else None
        question = data.get("QuestionKey", "") if isinstance(data, dict) else ""
        return cls(str(question), tuple(map(str, chosen)) if isinstance(chosen, list) else ())


@dataclass(frozen=True, slots=True)
class CardEvent(Payload):
    """template_card_event (a button) or template_card_menu_event (the menu). ResponseCode: one use, 72 h."""

    FromUserName: str
    Event: str
    CreateTime: int = 0
    EventKey: str = ""
    TaskId: str = ""
    CardType: str = ""
    ResponseCode: str = ""
    AgentID: int = 0
    SelectedItems: tuple[CardAnswer, ...] = ()
