"""Contact ways (doc 92228)."""

from dataclasses import dataclass, field
from typing import Any

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class NewContactWay(Payload):
    config_id: str
    qr_code: str = ""


@dataclass(frozen=True, slots=True)
class ContactWay(Payload):
    config_id: str
    type: int = 0
    scene: int = 0
    style: int = 0
    remark: str = ""
    skip_verify: bool = True
    state: str = ""
    qr_code: str = ""
    user: tuple[str, ...] = ()
    party: tuple[int, ...] = ()
    is_temp: bool = False
    expires_in: int = 0
    chat_expires_in: int = 0
    unionid: str = ""
    is_exclusive: bool = False
    mark_source: bool = True
    conclusions: dict[str, Any] = field(default_factory=dict)
