"""What stands between a call and the network: limits, breaker and token of a stored corp, or nothing for a trial."""

from collections.abc import Callable
from typing import Protocol

from django.utils import timezone

from wecom import clock, journal, limits, tokens
from wecom.errors import BREAKING_CODES, ErrorKind, WeComError
from wecom.limits import Slot
from wecom.models.corp import Corp
from wecom.payloads import AccessTokenAnswer
from wecom.secrets import unseal
from wecom.tokens import Token

Fetch = Callable[[], AccessTokenAnswer]


class Gate(Protocol):
    def enter(self, endpoint: str, fetch: Fetch) -> Token:
        """Permission for one call, as the token to make it with."""

    def enter_for_token(self) -> None:
        """Permission for one `gettoken` call."""

    def renew(self, refused: Token, fetch: Fetch) -> Token:
        """A token in place of one that WeCom has refused."""

    def answered(self, endpoint: str, seconds: float) -> None:
        """An answer came, or the time-out passed."""

    def succeeded(self) -> None: ...

    def failed(self, error: WeComError) -> None:
        """Draw the conclusions from an error; may set its `retry_at`."""


class StoredGate:
    """Limits, breaker and token of a corp that has a row."""

    def __init__(self, corp: Corp) -> None:
        self.corp = corp
        self.on_probation = False
        self.began = timezone.now()

    def enter(self, endpoint: str, fetch: Fetch) -> Token:
        slot = self._take(endpoint)
        if slot.token_valid:
            return Token(unseal(slot.token_sealed), slot.token_version)
        return tokens.renew(self.corp, slot.token_version, fetch)

    def enter_for_token(self) -> None:
        self._take("gettoken")

    def renew(self, refused: Token, fetch: Fetch) -> Token:
        return tokens.renew(self.corp, refused.version, fetch)

    def answered(self, endpoint: str, seconds: float) -> None:
        journal.note(self.corp.pk, endpoint, self.began, seconds)

    def succeeded(self) -> None:
        if self.on_probation:
            self.on_probation = False
            self.corp.lift_suspension(clock.now())

    def failed(self, error: WeComError) -> None:
        journal.failed(self.corp, error)
        if error.kind is ErrorKind.LIMIT:
            error.retry_at = limits.rest(self.corp, error.endpoint)
        elif error.errcode in BREAKING_CODES:
            self.corp.suspend(error.errcode, error.errmsg, clock.now())

    def _take(self, endpoint: str) -> Slot:
        slot = limits.take(self.corp, endpoint)
        self.on_probation, self.began = slot.was_suspended, clock.now()
        return slot


class TrialGate:
    """For credentials on trial (`add_corp`, `doctor`): nothing is read from or written to the database."""

    def __init__(self) -> None:
        self.token: Token | None = None

    def enter(self, endpoint: str, fetch: Fetch) -> Token:
        if self.token is None:
            self.token = Token(fetch().access_token, 1)
        return self.token

    def enter_for_token(self) -> None:
        pass

    def renew(self, refused: Token, fetch: Fetch) -> Token:
        self.token = Token(fetch().access_token, refused.version + 1)
        return self.token

    def answered(self, endpoint: str, seconds: float) -> None:
        pass

    def succeeded(self) -> None:
        pass

    def failed(self, error: WeComError) -> None:
        pass
