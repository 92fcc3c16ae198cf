"""What can go wrong with a call to WeCom, sorted by what the caller does about it (doc 90313)."""

from datetime import datetime
from enum import StrEnum


class ErrorKind(StrEnum):
    TOKEN = "token"  # noqa: S105  the access token was refused twice; the client has refreshed it once
    RETRY = "retry"  # busy, conflict, time-out, 5xx: the same call may succeed later
    LIMIT = "limit"  # this endpoint of this corp rests until `retry_at`
    CONFIG = "config"  # an admin has to change something; repeating is useless
    GONE = "gone"  # the object is no longer there, or no longer ours
    QUOTA = "quota"  # a cap of WeCom is reached; tell the user
    PERMANENT = "permanent"  # this input will never be accepted
    MEDIA = "media"  # the media id has expired: upload again, then once more
    UNKNOWN = "unknown"  # an answer that says neither yes nor no


TOKEN_CODES = frozenset({40014, 42001})
# Explicit refusals "not now": nothing was applied, so that writes may repeat these as well.
BUSY_CODES = frozenset({-1, 6000, 45033, 45035, 41096})
LATER_CODES = BUSY_CODES | {41063, 41079}
CONFIG_CODES = frozenset(
    {40001, 40013, 40056, 41102, 43009, 48001, 48002, 48004, 48005, 48006, 50001, 50002, 50003}
    | {60011, 60020, 60031, 301002, 301007, 41211, 43012}
)
# Those of CONFIG that condemn every call of the app. The rest may concern one member, tag or endpoint only.
BREAKING_CODES = frozenset({40001, 40013, 48004, 48006, 50003, 60020, 60031, 301007})
# Those that leave the app's other calls alone, but that an admin has to see. 60011 and 50002 are about one member.
ALARMING_CODES = CONFIG_CODES - BREAKING_CODES - {60011, 50002}
GONE_CODES = frozenset({60111, 84061, 40096, 84084, 49008, 90501, 40068, 41044, 41047, 41060})
QUOTA_CODES = frozenset(
    {40126, 41045, 41055, 41068, 41069, 41078, 41094, 41095, 41210, 41303, 610001, 610023, 81017, 40144}
)
MEDIA_CODES = frozenset({40007, 40145})

KIND_OF_CODE: dict[int, ErrorKind] = {
    **dict.fromkeys(TOKEN_CODES, ErrorKind.TOKEN),
    **dict.fromkeys(LATER_CODES, ErrorKind.RETRY),
    45009: ErrorKind.LIMIT,
    **dict.fromkeys(CONFIG_CODES, ErrorKind.CONFIG),
    **dict.fromkeys(GONE_CODES, ErrorKind.GONE),
    **dict.fromkeys(QUOTA_CODES, ErrorKind.QUOTA),
    **dict.fromkeys(MEDIA_CODES, ErrorKind.MEDIA),
}


def kind_of(errcode: int) -> ErrorKind:
    """The class of an errcode. A code that no table knows is a refusal of this input: never repeated blindly."""
    return KIND_OF_CODE.get(errcode, ErrorKind.PERMANENT)


class WrongState(Exception):
    """A verb was refused because the row is not in a state that allows it. The message is for people."""


class WeComError(Exception):
    """The one exception of the client.

    errcode       WeCom's code; None when no readable answer came, or when we refused before the call
    kind          what to do about it
    endpoint      path below /cgi-bin/, such as `externalcontact/get`
    retry_at      aware date-time from which the endpoint may be used again (LIMIT, and CONFIG of a resting corp)
    fate_unknown  a write that may have been applied: time-out or broken connection after the body left, or an
                  answer that cannot be read. Such a call is looked up, never blindly repeated.
    """

    def __init__(
        self,
        errcode: int | None,
        errmsg: str,
        kind: ErrorKind,
        endpoint: str,
        retry_at: datetime | None = None,
        *,
        fate_unknown: bool = False,
    ) -> None:
        super().__init__(errcode, errmsg, kind, endpoint, retry_at)
        self.errcode = errcode
        self.errmsg = errmsg
        self.kind = kind
        self.endpoint = endpoint
        self.retry_at = retry_at
        self.fate_unknown = fate_unknown

    def __str__(self) -> str:
        code = "no errcode" if self.errcode is None else str(self.errcode)
        fate = ", may have been applied" if self.fate_unknown else ""
        return f"{self.endpoint} → {code} {self.errmsg} ({self.kind}{fate})"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.errcode, self.errmsg, self.kind, self.endpoint, self.retry_at, self.fate_unknown))


def _rebuild(
    errcode: int | None, errmsg: str, kind: ErrorKind, endpoint: str, retry_at: datetime | None, fate_unknown: bool
) -> WeComError:
    return WeComError(errcode, errmsg, kind, endpoint, retry_at, fate_unknown=fate_unknown)


class Unreadable(ValueError):
    """A payload that lacks what its type cannot live without, or holds something of another type there."""
