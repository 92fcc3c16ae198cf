"""docs/wecom-coverage.md: every endpoint, and where it is in the client, in the sandbox, and tested on both."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.wecom.conformance import outreach, people
from tests.wecom.conformance.case import Case
from tests.wecom.conformance.endpoints import AREAS, EVERY, Endpoint
from wecom.sandbox.api.endpoint import ENDPOINTS

FILE = Path(__file__).resolve().parents[3] / "docs/wecom-coverage.md"
WRITE = "WRITE_WECOM_COVERAGE"
CALLS: dict[str, Case] = people.CALLS | outreach.CALLS
HOLE = "**missing**"
RULE_GROUPS = """
The rule groups 规则组 of customers and of moments (doc 94890) are kept in WeCom's console. Of them only the strategy
tags are read and written here.
"""
INTRODUCTION = """\
# WeCom's endpoints: where each of them is

Written by `python -m tests.wecom.conformance`, never by hand; `make test` fails when it is out of date or has a hole.
*Client* is the method of `wecom.client.WeComClient` that was called, *Sandbox* the handler below `wecom/sandbox/api/`
that answered, *Both* whether the client called it on the sandbox and both sides agreed on what had happened
(`tests/wecom/test_conformance.py`). *Doc* is the number of the page at `developer.work.weixin.qq.com/document/path/`.
"""


def render(agreed: Mapping[str, str]) -> str:
    """The whole file. `agreed`: the client's method for each endpoint on which both sides were seen to agree."""
    ours = [endpoint for endpoint in EVERY.values() if not endpoint.not_ours]
    whole = sum(endpoint.path in agreed and endpoint.path in ENDPOINTS for endpoint in ours)
    parts = [INTRODUCTION, f"{whole} of {len(ours)} endpoints that a self-built app can call.\n"]
    parts += ["\n".join(_area(name, endpoints, agreed)) for name, endpoints in AREAS.items()]
    parts.append("\n".join(_not_ours()))
    return "\n".join(parts)


def _area(name: str, endpoints: list[Endpoint], agreed: Mapping[str, str]) -> Iterator[str]:
    yield f"## {name}\n"
    yield "| Endpoint | Doc | Client | Sandbox | Both |"
    yield "| --- | --- | --- | --- | --- |"
    for endpoint in endpoints:
        if not endpoint.not_ours:
            yield _row(endpoint, agreed)
    yield ""


def _row(endpoint: Endpoint, agreed: Mapping[str, str]) -> str:
    method = agreed.get(endpoint.path)
    client = f"`{method}`" if method else HOLE
    note = f", {endpoint.note}" if endpoint.note else ""
    cells = (
        f"`{endpoint.method} {endpoint.path}`{note}",
        endpoint.doc or "none",
        client,
        handler(endpoint.path),
        "agree" if method else HOLE,
    )
    return f"| {' | '.join(cells)} |"


def handler(path: str) -> str:
    """Where the sandbox answers the endpoint."""
    target = ENDPOINTS.get(path)
    if target is None:
        return HOLE
    function = target.handler
    return f"`{function.__module__.rpartition('.')[2]}.{function.__qualname__}`"


def _not_ours() -> Iterator[str]:
    yield "## Not for a self-built app\n"
    yield "| Endpoint | Doc | Why |"
    yield "| --- | --- | --- |"
    for endpoint in EVERY.values():
        if endpoint.not_ours:
            yield f"| `{endpoint.method} {endpoint.path}` | {endpoint.doc} | {endpoint.not_ours} |"
    yield RULE_GROUPS


def asked_to_write() -> bool:
    return bool(os.environ.get(WRITE))
