"""What the app may say to staff (doc 90236): each msgtype with its limits. Kept as the phone shows it."""

from collections.abc import Callable, Iterator
from typing import Any

from wecom.sandbox.api.app_cards import card
from wecom.sandbox.api.endpoint import Call
from wecom.sandbox.api.fields import Fields
from wecom.sandbox.api.media import living
from wecom.sandbox.errors import ApiError

TEXT_BYTES = 2048
URL_BYTES = 2048
MPNEWS_BYTES = 666 * 1024
MOST_ARTICLES = 8
Content = dict[str, Any]


def content(call: Call) -> Content:
    """``{"msgtype": …, …}``: 40008 for an unknown msgtype."""
    kind = call.body.text("msgtype", missing=40008)
    read = KINDS.get(kind)
    if read is None:
        raise ApiError(40008)
    return {"msgtype": kind, **read(call, call.body.inner(kind))}


def _text(call: Call, part: Fields) -> Content:
    """What is too long is cut."""
    text = part.text("content", missing=44004)
    return {"content": text.encode()[:TEXT_BYTES].decode(errors="ignore")}


def _markdown(call: Call, part: Fields) -> Content:
    return {"content": part.text("content", missing=44004, size=TEXT_BYTES, over=45002)}


def _textcard(call: Call, part: Fields) -> Content:
    return {
        "title": part.text("title", missing=40063, chars=128),
        "description": part.text("description", missing=40063, chars=512),
        "url": part.text("url", missing=40063, size=URL_BYTES),
        "btntxt": part.text("btntxt", chars=4) or "详情",
    }


def _media(kind: str) -> Callable[[Call, Fields], Content]:
    def read(call: Call, part: Fields) -> Content:
        return {"media_id": _living(call, part, "media_id", kind)}

    return read


def _video(call: Call, part: Fields) -> Content:
    title, description = part.text("title", size=128), part.text("description", size=512)
    return {"media_id": _living(call, part, "media_id", "video"), "title": title, "description": description}


def _living(call: Call, part: Fields, name: str, kind: str) -> str:
    """40007 unless the id is alive; 40004 if it is of another kind."""
    media_id = part.text(name, missing=40007)
    if living(call.db, call.corp, media_id, call.now)["kind"] != kind:
        raise ApiError(40004)
    return media_id


def _articles(part: Fields) -> Iterator[Fields]:
    articles = list(part.inners("articles", missing=40063))
    if len(articles) > MOST_ARTICLES:
        raise ApiError(45008)
    return iter(articles)


def _news(call: Call, part: Fields) -> Content:
    return {"articles": [_article(article) for article in _articles(part)]}


def _article(article: Fields) -> Content:
    appid, pagepath = article.text("appid"), article.text("pagepath")
    return {
        "title": article.text("title", missing=40063, size=128),
        "description": article.text("description", size=512),
        "url": article.text("url", missing=None if appid and pagepath else 40063, size=URL_BYTES),
        "picurl": article.text("picurl"),
        "appid": appid,
        "pagepath": pagepath,
    }


def _mpnews(call: Call, part: Fields) -> Content:
    return {"articles": [_kept(call, article) for article in _articles(part)]}


def _kept(call: Call, article: Fields) -> Content:
    article.text("content", missing=40063, size=MPNEWS_BYTES, over=45002)
    article.text("author", size=64)
    article.text("content_source_url")
    return {
        "title": article.text("title", missing=40063, size=128),
        "description": article.text("digest", size=512),
        "thumb_media_id": _living(call, article, "thumb_media_id", "image"),
    }


def _miniprogram_notice(call: Call, part: Fields) -> Content:
    if not part.text("appid", missing=40063).startswith("wx"):
        raise ApiError(90207)
    part.flag("emphasis_first_item")
    items = list(part.inners("content_item"))
    title, description = part.text("title", missing=40063), part.text("description")
    if not 4 <= len(title) <= 12 or (description and not 4 <= len(description) <= 12) or len(items) > 10:
        raise ApiError(40058)
    return {
        "appid": part.text("appid"),
        "title": title,
        "description": description,
        "items": [[item.text("key", chars=10), item.text("value", chars=30)] for item in items],
    }


def _template_card(call: Call, part: Fields) -> Content:
    return {"card": card(call, part)}


KINDS: dict[str, Callable[[Call, Fields], Content]] = {
    "text": _text,
    "markdown": _markdown,
    "textcard": _textcard,
    "image": _media("image"),
    "voice": _media("voice"),
    "file": _media("file"),
    "video": _video,
    "news": _news,
    "mpnews": _mpnews,
    "miniprogram_notice": _miniprogram_notice,
    "template_card": _template_card,
}
