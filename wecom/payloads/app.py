"""Access tokens and app messages (doc 91039, 90236)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class AppMessage(Payload):
    """What `message/send` refused, joined with `|` and lower-cased, as WeCom answers it."""

    msgid: str = ""
    invaliduser: str = ""
    invalidparty: str = ""
    invalidtag: str = ""
    unlicenseduser: str = ""
    response_code: str = ""

    @property
    def refused(self) -> list[str]:
        """Userids that did not get the message."""
        return [userid for part in (self.invaliduser, self.unlicenseduser) for userid in part.split("|") if userid]


@dataclass(frozen=True, slots=True)
class AccessTokenAnswer(Payload):
    access_token: str
    expires_in: int = 7200


@dataclass(frozen=True, slots=True)
class UpdatedCard(Payload):
    """invaliduser: members who have no such card."""

    invaliduser: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class TicketAnswer(Payload):
    """A JS-SDK ticket (doc 90506); expires_in in seconds."""

    ticket: str
    expires_in: int = 7200
