"""WeCom's XML as plain data, parsed so that hostile XML costs nothing: no DTD, no entities, few levels."""

import re
from typing import Any
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MAX_DEPTH = 10
# Elements that hold a list however many items there are. Everything else with children is a dict.
ITEMS = {"Item", "SelectedItem", "OptionId"}


class Malformed(ValueError):
    """Not the XML that WeCom sends."""


# WeCom's own form of an envelope. Nothing in it needs an XML parser; everything else goes to the hardened one.
_OTHER = rb"(?:<(?:ToUserName|AgentID)>(?:<!\[CDATA\[[\w\-]*\]\]>|[\w\-]*)</(?:ToUserName|AgentID)>\s*)*"
_BASE64 = rb"[A-Za-z0-9+/=]*"
USUAL = re.compile(
    rb"<xml>\s*" + _OTHER + rb"<Encrypt>(?:<!\[CDATA\[(" + _BASE64 + rb")\]\]>|(" + _BASE64 + rb"))</Encrypt>\s*"
    rb"" + _OTHER + rb"</xml>\s*"
)

# So do events: one level of names and text. Whatever is not plainly that goes to the parser as well.
_OPENING, _CLOSING = re.compile(rb"<xml>\s*"), re.compile(rb"</xml>\s*")
_LEAF = re.compile(rb"<([A-Za-z]\w*)>(?:<!\[CDATA\[([^\]]*(?:\](?!\]>)[^\]]*)*)\]\]>|([^<>&\]]*))</\1>\s*")
_NOT_XML = re.compile(rb"[\x00-\x08\x0b-\x1f]|\xef\xbf[\xbe\xbf]")  # and CR, which a parser turns into LF


def encrypted(body: bytes) -> str:
    """What the envelope of a callback holds in `Encrypt`; empty when there is none. Raises Malformed."""
    usual = USUAL.fullmatch(body)
    if usual:
        return (usual[1] or usual[2] or b"").decode("ascii")
    value = parse(body).get("Encrypt", "")
    return value if isinstance(value, str) else ""


def parse(data: bytes) -> dict[str, Any]:
    """The children of the root by name: text for a leaf, a dict or a list for an element with children.

    Raises Malformed for everything that is not plain, shallow XML in UTF-8.
    """
    flat = _flat(data)
    return _parsed(data) if flat is None else flat


def _flat(data: bytes) -> dict[str, Any] | None:
    """What the parser would say of an event of one level, in a fifth of its time; None for everything else."""
    opening = _OPENING.match(data)
    if opening is None or _NOT_XML.search(data):
        return None
    found: dict[str, Any] = {}
    place = opening.end()
    try:
        while leaf := _LEAF.match(data, place):
            found[leaf[1].decode()] = (leaf[2] or leaf[3] or b"").decode()
            place = leaf.end()
    except UnicodeDecodeError:
        return None
    ends = _CLOSING.fullmatch(data, place)
    return found if ends and found and ITEMS.isdisjoint(found) else None


def _parsed(data: bytes) -> dict[str, Any]:
    if b"\x00" in data:
        raise Malformed("NUL")
    builder = _Builder()
    # defusedxml's hardened expat parser, which refuses DTDs and entities, with our three handlers in place of the
    # tree builder's: half of the time of a callback would go into that.
    expat = DefusedXMLParser(encoding="utf-8", forbid_dtd=True).parser
    expat.DefaultHandlerExpand = None
    expat.XmlDeclHandler = _only_utf8
    expat.StartElementHandler, expat.EndElementHandler = builder.start, builder.end
    expat.CharacterDataHandler = builder.text
    try:
        expat.Parse(data, True)
    except (ExpatError, DefusedXmlException) as problem:
        raise Malformed(type(problem).__name__) from None
    if not isinstance(builder.root, dict):
        raise Malformed("no elements below the root")
    return builder.root


def _only_utf8(version: str, encoding: str | None, standalone: int) -> None:
    if encoding and encoding.lower() not in {"utf-8", "utf8"}:
        raise Malformed("not UTF-8")


class _Builder:
    """Builds plain data while the parser runs, and stops at the eleventh level before memory is spent on it."""

    def __init__(self) -> None:
        self._open: list[tuple[list[tuple[str, Any]], list[str]]] = []
        self.root: Any = None

    def start(self, name: str, attributes: list[str]) -> None:
        if len(self._open) == MAX_DEPTH:
            raise Malformed("too deep")
        self._open.append(([], []))

    def text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, name: str) -> None:
        children, texts = self._open.pop()
        value = _container(children) if children else "".join(texts)
        if self._open:
            self._open[-1][0].append((name, value))
        else:
            self.root = value


def _container(children: list[tuple[str, Any]]) -> dict[str, Any] | list[Any]:
    if all(name in ITEMS for name, _ in children):
        return [value for _, value in children]
    return dict(children)
