"""Variables in texts: a fixed list, written `{customer_name}`. Whoever saves a text says which of them it may hold.

WeCom's mass send gives everybody the same text, so no variable can be filled there (contract §10.1); welcomes, tasks
and scripts are for one customer at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.errors import ContentError

VARIABLES: dict[str, Promise] = {
    "customer_name": gettext_lazy("the customer's nickname"),
    "staff_name": gettext_lazy("the staff member's name"),
    "corp_name": gettext_lazy("the company's name"),
}
HELP = format_lazy(
    gettext_lazy("You may write {list}."),
    list=", ".join(f"{{{name}}}" for name in VARIABLES),
)
WRITTEN = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,40})\}")


def check(text: str, path: str = "") -> None:
    """Refuse a variable that does not exist. Raises ContentError with the text's path."""
    for name in WRITTEN.findall(text):
        if name not in VARIABLES:
            known = ", ".join(f"{{{known}}}" for known in VARIABLES)
            message = _("There is no variable {%(name)s}; there are %(known)s.") % {"name": name, "known": known}
            raise ContentError(path, message)


def refuse(text: str, path: str = "") -> None:
    """Refuse every variable, where nobody could fill it. Raises ContentError with the text's path."""
    for name in WRITTEN.findall(text):
        message = _(
            "WeCom's mass send gives every customer the same text, so {%(name)s} cannot be filled in. Say it without."
        )
        raise ContentError(path, message % {"name": name})


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text for one customer. Braces inside a value stay what they are; a variable without a value stays, too."""
    return WRITTEN.sub(lambda found: values.get(found[1], found[0]), text)
