"""Intercept rules for chats (doc 95097)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class InterceptRuleRow(Payload):
    """A line of the list. WeCom writes rule_id now as text, now as a number; here it is text."""

    rule_id: str
    rule_name: str = ""
    create_time: int = 0


@dataclass(frozen=True, slots=True)
class ExtraRule(Payload):
    semantics_list: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicableRange(Payload):
    user_list: tuple[str, ...] = ()
    department_list: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class InterceptRule(Payload):
    """intercept_type: 1 warn and block, 2 warn only. Semantics: 1 mobile number, 2 e-mail address, 3 red packet."""

    rule_id: str
    rule_name: str = ""
    word_list: tuple[str, ...] = ()
    intercept_type: int = 0
    semantics_list: tuple[int, ...] = ()
    extra_rule: ExtraRule = ExtraRule()
    applicable_range: ApplicableRange = ApplicableRange()

    @property
    def semantics(self) -> tuple[int, ...]:
        """From whichever of the two places WeCom put them in."""
        return self.semantics_list or self.extra_rule.semantics_list
