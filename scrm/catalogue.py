"""The strings that people read: found in code and templates, merged into the Chinese catalogue. No gettext binary.

Templates are turned into pseudo-Python by Django's own ``templatize``, as ``makemessages`` does; Babel reads both.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from scrm.wording import OURS, derived, unlabelled_fields

LOCALE = "zh_Hans"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SKIPPED = ("wecom/sandbox", "migrations")  # the sandbox is its own product with its own strings
_ONE, _MANY, _CONTEXT, _CONTEXT_MANY = None, (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS = {
    name + suffix: spec
    for name, spec in {"gettext": _ONE, "ngettext": _MANY, "pgettext": _CONTEXT, "npgettext": _CONTEXT_MANY}.items()
    for suffix in ("", "_lazy")
} | {"_": _ONE, "gettext_noop": _ONE}


def path() -> Path:
    folder: Path = settings.BASE_DIR / "locale" / LOCALE / "LC_MESSAGES"
    return folder / "django.po"


def sources() -> Iterator[Path]:
    for app in OURS:
        yield from sorted((settings.BASE_DIR / app).rglob("*.py"))
    yield from sorted((settings.BASE_DIR / "templates").rglob("*.html"))
    yield from sorted((settings.BASE_DIR / "templates").rglob("*.txt"))


def found() -> Catalog:
    """Every string in the sources, and the fields' labels that stand in no source, without translations."""
    catalogue = Catalog(locale=LOCALE, project="SCRM", charset="utf-8")
    for file in sources():
        name = file.relative_to(settings.BASE_DIR).as_posix()
        if any(part in name for part in SKIPPED):
            continue
        text = file.read_text()
        if file.suffix != ".py":
            text = "\n".join(line.lstrip() for line in templatize(text, origin=name).splitlines())
        for _line, message, comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
            catalogue.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    for field in unlabelled_fields():
        catalogue.add(derived(field), locations=[(field.model.__module__.replace(".", "/") + ".py", 0)])
    return catalogue


def stored() -> Catalog:
    with path().open("rb") as file:
        return read_po(file, locale=LOCALE)


def merge() -> Catalog:
    """Write the catalogue anew: translations are kept, strings that are gone go."""
    catalogue = stored() if path().exists() else found()
    catalogue.update(found(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = (
        "# What people read, in Chinese. `make messages` collects; translations are written here."
    )
    catalogue.fuzzy = False
    catalogue.creation_date = catalogue.revision_date = EPOCH  # no date: it would change with every merge
    catalogue.last_translator = catalogue.language_team = "SCRM"
    catalogue.msgid_bugs_address = ""
    for message in catalogue:
        message.flags.discard("fuzzy")
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("wb") as file:
        write_po(file, catalogue, sort_by_file=True, omit_header=False, include_lineno=False, width=116)
    return catalogue


def gaps(catalogue: Catalog) -> list[str]:
    """Strings without a complete translation."""
    return [str(message.id) for message in catalogue if message.id and not _complete(message.string)]


def _complete(translation: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(translation) if isinstance(translation, tuple) else bool(translation)
