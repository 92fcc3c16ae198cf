"""What the app says to staff (doc 90236): one class per msgtype.

Each has a `msgtype` and a `body()` that checks the documented limits: WeComError(PERMANENT) with the field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from wecom.outgoing import APP_TEXT_BYTES, check_bytes, check_chars, check_count, check_links, refuse
from wecom.text import clean

ENDPOINT = "message/send"
MOST_USERS, MOST_PARTIES, MOST_TAGS = 1000, 100, 100
MOST_ARTICLES = 8
MPNEWS_BYTES = 666 * 1024
URL_BYTES = 2048
MEDIA_KINDS = ("image", "voice", "file")
LONGEST_CHECK = 4 * 3600  # seconds of duplicate_check_interval


class AppContent(Protocol):
    """Something that `message/send` takes."""

    @property
    def msgtype(self) -> str: ...

    def body(self) -> dict[str, Any]: ...


def filled(**fields: Any) -> dict[str, Any]:
    """The fields that say something; text cleaned."""
    return {name: clean(value) if isinstance(value, str) else value for name, value in fields.items() if value}


def required(where: str, **fields: object) -> None:
    for name, value in fields.items():
        if not value:
            raise refuse(ENDPOINT, f"{where}.{name} is missing")


@dataclass(frozen=True, slots=True)
class Audience:
    """Members (≤ 1000), departments (≤ 100) and member tags (≤ 100), or everybody in the app's range."""

    userids: Sequence[str] = ()
    parties: Sequence[int | str] = ()
    tags: Sequence[int | str] = ()
    everyone: bool = False

    def body(self) -> dict[str, Any]:
        if self.everyone:
            return {"touser": "@all"}
        if not (self.userids or self.parties or self.tags):
            raise refuse(ENDPOINT, "touser has 0 entries, and toparty and totag are empty")
        check_count(ENDPOINT, "touser", self.userids, MOST_USERS, least=0)
        check_count(ENDPOINT, "toparty", self.parties, MOST_PARTIES, least=0)
        check_count(ENDPOINT, "totag", self.tags, MOST_TAGS, least=0)
        asked = {"touser": self.userids, "toparty": self.parties, "totag": self.tags}
        return {name: "|".join(map(str, ids)) for name, ids in asked.items() if ids}


@dataclass(frozen=True, slots=True)
class Options:
    """safe: 1 not to be shared, 2 (mpnews) only inside the corp. id_trans: userids in the text become names.

    duplicate_check: seconds (≤ 4 h) in which the same request does not arrive again; 0: no check.
    """

    safe: int = 0
    id_trans: bool = False
    duplicate_check: int = 0

    def body(self) -> dict[str, Any]:
        if not 0 <= self.duplicate_check <= LONGEST_CHECK:
            raise refuse(ENDPOINT, f"duplicate_check_interval is {self.duplicate_check}, at most 4 h are allowed")
        checked = {"enable_duplicate_check": 1, "duplicate_check_interval": self.duplicate_check}
        return {
            **({"safe": self.safe} if self.safe else {}),
            **({"enable_id_trans": 1} if self.id_trans else {}),
            **(checked if self.duplicate_check else {}),
        }


@dataclass(frozen=True, slots=True)
class Text:
    """≤ 2048 bytes, which WeCom would cut; `<a href>` allowed."""

    msgtype: ClassVar[str] = "text"
    content: str

    def body(self) -> dict[str, Any]:
        check_bytes(ENDPOINT, **{f"{self.msgtype}.content": (self.content, APP_TEXT_BYTES)})
        required(self.msgtype, content=self.content)
        return {"content": clean(self.content)}


@dataclass(frozen=True, slots=True)
class Markdown(Text):
    """≤ 2048 bytes of WeCom's subset; not shown in the WeChat plugin."""

    msgtype: ClassVar[str] = "markdown"


@dataclass(frozen=True, slots=True)
class TextCard:
    """title ≤ 128 characters, description ≤ 512, url ≤ 2048 bytes, btntxt ≤ 4 characters."""

    msgtype: ClassVar[str] = "textcard"
    title: str
    description: str
    url: str
    btntxt: str = ""

    def body(self) -> dict[str, Any]:
        limits = {"title": (self.title, 128), "description": (self.description, 512), "btntxt": (self.btntxt, 4)}
        check_chars(ENDPOINT, **{f"textcard.{name}": limit for name, limit in limits.items()})
        check_bytes(ENDPOINT, **{"textcard.url": (self.url, URL_BYTES)})
        check_links(ENDPOINT, **{"textcard.url": self.url})
        required("textcard", title=self.title, description=self.description, url=self.url)
        return filled(title=self.title, description=self.description, url=self.url, btntxt=self.btntxt)


@dataclass(frozen=True, slots=True)
class Media:
    """An image, voice or file by the media_id of `media/upload`."""

    msgtype: str
    media_id: str

    def body(self) -> dict[str, Any]:
        if self.msgtype not in MEDIA_KINDS:
            raise refuse(ENDPOINT, f"msgtype is none of {', '.join(MEDIA_KINDS)}")
        required(self.msgtype, media_id=self.media_id)
        return {"media_id": self.media_id}


@dataclass(frozen=True, slots=True)
class Video:
    """title ≤ 128 bytes, description ≤ 512 bytes."""

    msgtype: ClassVar[str] = "video"
    media_id: str
    title: str = ""
    description: str = ""

    def body(self) -> dict[str, Any]:
        required("video", media_id=self.media_id)
        check_bytes(ENDPOINT, **{"video.title": (self.title, 128), "video.description": (self.description, 512)})
        return filled(media_id=self.media_id, title=self.title, description=self.description)


@dataclass(frozen=True, slots=True)
class Article:
    """Leads to `url`, or to a mini-program (appid and pagepath). title ≤ 128 bytes, description ≤ 512 bytes."""

    title: str
    url: str = ""
    description: str = ""
    picurl: str = ""
    appid: str = ""
    pagepath: str = ""

    def body(self, where: str) -> dict[str, Any]:
        required(where, title=self.title)
        if not self.url and not (self.appid and self.pagepath):
            raise refuse(ENDPOINT, f"{where}.url is missing, and so are appid and pagepath")
        limits = {"title": (self.title, 128), "description": (self.description, 512), "url": (self.url, URL_BYTES)}
        check_bytes(ENDPOINT, **{f"{where}.{name}": limit for name, limit in limits.items()})
        check_links(ENDPOINT, **{f"{where}.url": self.url, f"{where}.picurl": self.picurl})
        parts = {"title": self.title, "description": self.description, "url": self.url, "picurl": self.picurl}
        return filled(**parts, appid=self.appid, pagepath=self.pagepath)


@dataclass(frozen=True, slots=True)
class News:
    """One to eight articles that lie elsewhere."""

    msgtype: ClassVar[str] = "news"
    articles: Sequence[Article]

    def body(self) -> dict[str, Any]:
        check_count(ENDPOINT, "news.articles", self.articles, MOST_ARTICLES)
        return {"articles": [one.body(f"news.articles[{n}]") for n, one in enumerate(self.articles)]}


@dataclass(frozen=True, slots=True)
class MpArticle:
    """An article that WeCom keeps: content is HTML of ≤ 666 KB, title ≤ 128 bytes, author ≤ 64, digest ≤ 512."""

    title: str
    thumb_media_id: str
    content: str
    author: str = ""
    content_source_url: str = ""
    digest: str = ""

    def body(self, where: str) -> dict[str, Any]:
        required(where, title=self.title, thumb_media_id=self.thumb_media_id, content=self.content)
        limits = {"title": (self.title, 128), "author": (self.author, 64), "digest": (self.digest, 512)}
        check_bytes(ENDPOINT, **{f"{where}.{name}": limit for name, limit in limits.items()})
        check_bytes(ENDPOINT, **{f"{where}.content": (self.content, MPNEWS_BYTES)})
        check_links(ENDPOINT, **{f"{where}.content_source_url": self.content_source_url})
        parts = {"title": self.title, "thumb_media_id": self.thumb_media_id, "author": self.author}
        return filled(**parts, content_source_url=self.content_source_url, content=self.content, digest=self.digest)


@dataclass(frozen=True, slots=True)
class MpNews:
    """One to eight articles that WeCom keeps."""

    msgtype: ClassVar[str] = "mpnews"
    articles: Sequence[MpArticle]

    def body(self) -> dict[str, Any]:
        check_count(ENDPOINT, "mpnews.articles", self.articles, MOST_ARTICLES)
        return {"articles": [one.body(f"mpnews.articles[{n}]") for n, one in enumerate(self.articles)]}


@dataclass(frozen=True, slots=True)
class MiniProgramNotice:
    """Only for apps tied to a mini-program. title and description 4 to 12 characters; ≤ 10 items, key to value."""

    msgtype: ClassVar[str] = "miniprogram_notice"
    appid: str
    title: str
    page: str = ""
    description: str = ""
    emphasis_first_item: bool = False
    items: Mapping[str, str] | None = None

    def body(self) -> dict[str, Any]:
        required(self.msgtype, appid=self.appid, title=self.title)
        for name, text in (("title", self.title), ("description", self.description)):
            if text and not 4 <= len(text) <= 12:
                raise refuse(ENDPOINT, f"{self.msgtype}.{name} has {len(text)} characters, 4 to 12 are allowed")
        items = self.items or {}
        check_count(ENDPOINT, f"{self.msgtype}.content_item", items, 10, least=0)
        for key, value in items.items():
            check_chars(ENDPOINT, **{f"content_item.{key}.key": (key, 10), f"content_item.{key}.value": (value, 30)})
        return filled(
            appid=self.appid,
            page=self.page,
            title=self.title,
            description=self.description,
            emphasis_first_item=self.emphasis_first_item,
            content_item=[{"key": clean(key), "value": clean(value)} for key, value in items.items()],
        )
