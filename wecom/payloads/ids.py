"""Other names of the same people (docs 98729, 95884)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class TmpIdentity(Payload):
    """A customer (external_userid), or a member of another corp (corpid and userid)."""

    tmp_external_userid: str
    external_userid: str = ""
    corpid: str = ""
    userid: str = ""


@dataclass(frozen=True, slots=True)
class TmpIdentities(Payload):
    results: tuple[TmpIdentity, ...] = ()
    invalid_tmp_external_userid_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenUserid(Payload):
    open_userid: str
    userid: str


@dataclass(frozen=True, slots=True)
class OpenUserids(Payload):
    userid_list: tuple[OpenUserid, ...] = ()
    invalid_open_userid_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewExternalUserid(Payload):
    external_userid: str
    new_external_userid: str
