"""WeCom's XML as plain data, parsed so that hostile XML costs nothing: no DTD, no entities, few levels."""

from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MAX_DEPTH = 10
# Elements that hold a list however many items there are. Everything else with children is a dict.
ITEMS = {"Item", "SelectedItem", "OptionId"}


class Malformed(ValueError):
    """Not the XML that WeCom sends."""


def parse(data: bytes) -> dict[str, Any]:
    """The children of the root by name: text for a leaf, a dict or a list for an element with children.

    Raises Malformed for everything that is not plain, shallow XML in UTF-8.
    """
    if b"\x00" in data:
        raise Malformed("NUL")
    parser = DefusedXMLParser(target=_Builder(), encoding="utf-8", forbid_dtd=True)
    parser.parser.XmlDeclHandler = _only_utf8
    try:
        parser.feed(data)
        root = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise Malformed(type(problem).__name__) from None
    if not isinstance(root, dict):
        raise Malformed("no elements below the root")
    return root


def _only_utf8(version: str, encoding: str | None, standalone: int) -> None:
    if encoding and encoding.lower() not in {"utf-8", "utf8"}:
        raise Malformed("not UTF-8")


class _Builder:
    """Target of the parser: builds plain data, and stops at the eleventh level before memory is spent on it."""

    def __init__(self) -> None:
        self._open: list[tuple[str, list[tuple[str, Any]], list[str]]] = []
        self._root: Any = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) == MAX_DEPTH:
            raise Malformed("too deep")
        self._open.append((tag, [], []))

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1][2].append(text)

    def end(self, tag: str) -> None:
        _, children, texts = self._open.pop()
        value = _container(children) if children else "".join(texts)
        if self._open:
            self._open[-1][1].append((tag, value))
        else:
            self._root = value

    def close(self) -> Any:
        return self._root


def _container(children: list[tuple[str, Any]]) -> dict[str, Any] | list[Any]:
    if all(name in ITEMS for name, _ in children):
        return [value for _, value in children]
    return dict(children)
