"""What a member or a contact shows to outsiders, and a member's extended attributes (doc 92230)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class TextAttr(Payload):
    value: str = ""


@dataclass(frozen=True, slots=True)
class WebAttr(Payload):
    url: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class MiniprogramAttr(Payload):
    appid: str = ""
    pagepath: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Attr(Payload):
    """type: 0 text, 1 web, 2 mini-program; only the object of that type is there."""

    type: int = 0
    name: str = ""
    text: TextAttr | None = None
    web: WebAttr | None = None
    miniprogram: MiniprogramAttr | None = None


@dataclass(frozen=True, slots=True)
class ProfileChannels(Payload):
    """A 视频号 shown in the profile. status: 0 hidden, 1 shown."""

    nickname: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class ExternalProfile(Payload):
    external_corp_name: str = ""
    wechat_channels: ProfileChannels | None = None
    external_attr: tuple[Attr, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtAttr(Payload):
    attrs: tuple[Attr, ...] = ()
