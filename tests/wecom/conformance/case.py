"""One call of the client on the sandbox, and what both sides must agree on afterwards."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from tests.wecom.conformance.stage import Stage


@dataclass(frozen=True)
class Given:
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def given(*args: Any, **kwargs: Any) -> Given:
    return Given(args, kwargs)


def after(prepared: object, arguments: Given) -> Given:
    """The arguments of a call that does not name what has to be there before it."""
    assert prepared
    return arguments


@dataclass(frozen=True)
class Case:
    """`method`: of the client, as `area.name`. `agreed(stage, result)` is true when both sides mean the same."""

    method: str
    given: Callable[[Stage], Given]
    agreed: Callable[[Stage, Any], bool]
    client: str = "wecom"

    def run(self, stage: Stage, path: str) -> Any:
        """Prepare, call, and see the call arrive at the sandbox's handler of `path`."""
        arguments = self.given(stage)
        call = attrgetter(self.method)(getattr(stage, self.client))
        before = stage.served(path)
        result = call(*arguments.args, **arguments.kwargs)
        if isinstance(result, Iterator):
            result = list(result)
        assert stage.served(path) > before, f"{self.method} did not call {path}"
        return result
