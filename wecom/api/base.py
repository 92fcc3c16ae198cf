"""What the API classes share: a read, a write, and a walk through pages."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from wechatpy.client.api.base import BaseWeChatAPI

from wecom.errors import ErrorKind, Unreadable, WeComError
from wecom.parsing import FromWeCom, rows_of
from wecom.transport import Call

T = TypeVar("T")
Row = TypeVar("Row", bound=FromWeCom)
Answer = dict[str, Any]


def nothing(answer: Answer) -> None:
    """For calls whose answer is only the envelope."""


class API(BaseWeChatAPI):
    """One area of WeCom's API. Paths are relative to `/cgi-bin/`."""

    def _get_once(self, endpoint: str, parse: Callable[[Answer], T], expects: str, **params: Any) -> T:
        """A GET that must not be repeated after an unknown fate."""
        return self._call(Call("GET", endpoint, params, expects=expects, repeatable=False), parse)

    def _fetch(self, endpoint: str, parse: Callable[[Answer], T], expects: str, **params: Any) -> T:
        """A reading GET."""
        return self._call(Call("GET", endpoint, params, expects=expects), parse)

    def _query(self, endpoint: str, parse: Callable[[Answer], T], expects: str, body: Answer) -> T:
        """A reading POST."""
        return self._call(Call("POST", endpoint, body=body, expects=expects), parse)

    def _write(self, endpoint: str, body: Answer, parse: Callable[[Answer], T], expects: str | None = None) -> T:
        """A POST that changes something: never repeated when its fate is unknown."""
        return self._call(Call("POST", endpoint, body=body, expects=expects, repeatable=False), parse)

    def _pages(self, endpoint: str, field: str, kind: type[Row], body: Answer) -> Iterator[Row]:
        """All rows of a cursor-paged POST. A short page is not the end; an empty or absent `next_cursor` is."""

        def page(answer: Answer) -> tuple[list[Row], str]:
            return rows_of(kind, answer.get(field)), cursor_of(answer)

        seen = {""}
        cursor = ""
        while True:
            rows, cursor = self._query(endpoint, page, field, {**body, "cursor": cursor})
            yield from rows
            if not cursor:
                return
            if cursor in seen:
                raise WeComError(None, "the same page came twice", ErrorKind.UNKNOWN, endpoint)
            seen.add(cursor)

    def _call(self, call: Call, parse: Callable[[Answer], T]) -> T:
        result: T = self._client.call(call, parse)
        return result


def cursor_of(answer: Answer) -> str:
    cursor = answer.get("next_cursor") or ""
    if not isinstance(cursor, str):
        raise Unreadable("next_cursor is not text")
    return cursor


def joined(ids: Sequence[str]) -> str:
    """Ids as WeCom joins them in `touser`."""
    return "|".join(ids)
