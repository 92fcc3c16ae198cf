"""What an app says about itself (doc 90227)."""

from dataclasses import dataclass, field

from wecom.parsing import Payload
from wecom.payloads.groups import UserRef


@dataclass(frozen=True, slots=True)
class AllowedUsers(Payload):
    user: tuple[UserRef, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowedParties(Payload):
    partyid: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowedTags(Payload):
    tagid: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Agent(Payload):
    """One's own app. `close`: switched off. `redirect_domain`: the trusted domain of its web login, "" for none."""

    agentid: int
    name: str = ""
    close: bool = False
    redirect_domain: str = ""
    allow_userinfos: AllowedUsers = field(default_factory=AllowedUsers)
    allow_partys: AllowedParties = field(default_factory=AllowedParties)
    allow_tags: AllowedTags = field(default_factory=AllowedTags)

    @property
    def sees_nobody(self) -> bool:
        """Its visible range (可见范围) is empty."""
        return not (self.allow_userinfos.user or self.allow_partys.partyid or self.allow_tags.tagid)
