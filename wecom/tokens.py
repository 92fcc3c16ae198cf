"""The access token of a corp's app, shared by all processes through one encrypted row (docs/decisions/001)."""

from collections.abc import Callable
from dataclasses import dataclass

from wecom import leases
from wecom.leases import Place
from wecom.models.corp import AccessToken, Corp
from wecom.payloads import AccessTokenAnswer


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    value: str
    version: int


def renew(corp: Corp, seen: int, fetch: Callable[[], AccessTokenAnswer]) -> Token:
    """A token newer than version `seen`: fetched here, or by whoever is fetching already.

    `fetch` makes the one `gettoken` call and raises WeComError, which goes to our caller. RETRY when nobody delivers.
    """

    def lent() -> tuple[str, int]:
        answer = fetch()
        return answer.access_token, answer.expires_in

    place = Place(AccessToken, "token_sealed", {"corp_id": corp.pk})
    return Token(*leases.renew(place, seen, lent, "gettoken", "access token"))
