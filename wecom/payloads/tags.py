"""Tags (doc 92117)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class Tag(Payload):
    id: str
    name: str = ""
    create_time: int = 0
    order: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class TagGroup(Payload):
    group_id: str
    group_name: str = ""
    create_time: int = 0
    order: int = 0
    deleted: bool = False
    tag: tuple[Tag, ...] = ()
