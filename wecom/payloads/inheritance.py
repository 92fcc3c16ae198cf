"""Handing customers over (docs 92125, 94088, 92124)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class TransferItem(Payload):
    """errcode 0: accepted, not done; the customer may refuse for 24 h. Others: 40096 … 40131."""

    external_userid: str
    errcode: int = 0


@dataclass(frozen=True, slots=True)
class TransferState(Payload):
    """status: 1 done, 2 waiting, 3 the customer refused, 4 the takeover has all the customers he may have.

    takeover_time, unix seconds: when it was done, or will be if he waits on; 0 if it failed.
    """

    external_userid: str
    status: int
    takeover_time: int = 0


@dataclass(frozen=True, slots=True)
class Unassigned(Payload):
    """A customer of a member who resigned at dimission_time (unix seconds)."""

    handover_userid: str
    external_userid: str
    dimission_time: int = 0
