"""The client calls every endpoint on the sandbox, and both sides agree; docs/wecom-coverage.md says so, too."""

import pytest

from scrm.rehearsal.sandbox import Sandbox
from tests.wecom.conformance import coverage
from tests.wecom.conformance.coverage import CALLS
from tests.wecom.conformance.endpoints import EVERY, OURS
from tests.wecom.conformance.stage import Stage
from wecom.models import Corp
from wecom.sandbox.api.endpoint import ENDPOINTS

agreed: dict[str, str] = {}  # endpoint → the client's method, as measured by the test below


@pytest.fixture
def stage(corp: Corp, sandbox: Sandbox) -> Stage:
    return Stage(corp, sandbox)


@pytest.mark.parametrize("path", CALLS)
def test_both_sides_agree_on(path, stage):
    case = CALLS[path]
    result = case.run(stage, path)
    assert case.agreed(stage, result), result
    agreed[path] = case.method


def test_every_endpoint_is_called():
    assert sorted(OURS) == sorted(CALLS)


def test_the_sandbox_serves_no_endpoint_that_the_list_lacks():
    assert sorted(set(ENDPOINTS) - set(EVERY)) == []


@pytest.mark.parametrize("path", [path for path in OURS if path in ENDPOINTS])
def test_the_sandbox_takes_the_documented_method(path):
    assert ENDPOINTS[path].method == OURS[path].method


def test_the_coverage_table_is_true_and_has_no_hole():
    if len(agreed) < len(CALLS):
        pytest.skip("Only a run of this whole file, in which every call succeeds, measures the table.")
    rendered = coverage.render(agreed)
    if coverage.asked_to_write():
        coverage.FILE.write_text(rendered, encoding="utf-8")
    assert coverage.HOLE not in rendered
    assert coverage.FILE.read_text(encoding="utf-8") == rendered, "run: python -m tests.wecom.conformance"
