"""What is plainly impossible, without asking anybody."""

import re
from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wecom.crypto import decode_key
from wecom.doctor import menus
from wecom.doctor.findings import Check, Finding, fail
from wecom.models.corp import Corp, check_api_base

CORPID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TOKEN = re.compile(r"[A-Za-z0-9]{1,32}")


def api_base(corp: Corp) -> Finding | None:
    try:
        check_api_base(corp.api_base_url)
    except ValidationError as problem:
        return fail(Check.API_BASE, problem.messages[0], _("Leave it out to use https://qyapi.weixin.qq.com."))
    return None


def corpid(corp: Corp) -> Finding | None:
    if CORPID.fullmatch(corp.corpid):
        return None
    return fail(Check.CORPID, _("This is not a corp id."), _("It begins with ww or wx."), menus.corpid())


def secret(corp: Corp) -> Finding | None:
    if corp.secret and corp.secret.isascii() and corp.secret.isprintable():
        return None
    text = _("The secret is empty or holds characters that no secret has.")
    return fail(Check.SECRET, text, "", menus.secret())


def token(corp: Corp) -> Finding | None:
    if TOKEN.fullmatch(corp.callback_token):
        return None
    return fail(Check.TOKEN, _("A callback token has 1 to 32 letters and digits."), "", menus.callback())


def aes_key(corp: Corp) -> Finding | None:
    try:
        decode_key(corp.aes_key)
    except ValueError:
        return fail(Check.AES_KEY, _("An EncodingAESKey has 43 letters and digits."), "", menus.callback())
    return None


SHAPES: dict[Check, Callable[[Corp], Finding | None]] = {
    Check.API_BASE: api_base,
    Check.CORPID: corpid,
    Check.SECRET: secret,
    Check.TOKEN: token,
    Check.AES_KEY: aes_key,
}


def shapes(corp: Corp) -> Iterator[Finding]:
    """The failures that show without a call."""
    return (bad for look in SHAPES.values() if (bad := look(corp)))
