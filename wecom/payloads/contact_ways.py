"""Contact ways (doc 92228)."""

from dataclasses import dataclass, field

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class NewContactWay(Payload):
    config_id: str
    qr_code: str = ""


@dataclass(frozen=True, slots=True)
class ConclusionText(Payload):
    content: str = ""


@dataclass(frozen=True, slots=True)
class ConclusionImage(Payload):
    pic_url: str = ""


@dataclass(frozen=True, slots=True)
class ConclusionLink(Payload):
    title: str = ""
    picurl: str = ""
    desc: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ConclusionMiniprogram(Payload):
    title: str = ""
    pic_media_id: str = ""
    appid: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Conclusions(Payload):
    """What a customer gets when a temporary chat ends: the text, and the first of image, link, mini-program."""

    text: ConclusionText | None = None
    image: ConclusionImage | None = None
    link: ConclusionLink | None = None
    miniprogram: ConclusionMiniprogram | None = None

    @property
    def attachment(self) -> ConclusionImage | ConclusionLink | ConclusionMiniprogram | None:
        """The one that is sent; WeCom keeps the others and ignores them."""
        return self.image or self.link or self.miniprogram


@dataclass(frozen=True, slots=True)
class ContactWay(Payload):
    config_id: str
    type: int = 0
    scene: int = 0
    style: int = 0
    remark: str = ""
    skip_verify: bool = True
    state: str = ""
    qr_code: str = ""
    user: tuple[str, ...] = ()
    party: tuple[int, ...] = ()
    is_temp: bool = False
    expires_in: int = 0
    chat_expires_in: int = 0
    unionid: str = ""
    is_exclusive: bool = False
    mark_source: bool = True
    conclusions: Conclusions = field(default_factory=Conclusions)
