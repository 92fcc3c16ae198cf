"""Tags (doc 92117, 94882)."""

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


@dataclass(frozen=True, slots=True)
class StrategyTagGroup(TagGroup):
    """A tag group of a rule group 规则组: only the members whom that rule group covers may use its tags."""

    strategy_id: int = 0
