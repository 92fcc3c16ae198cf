"""Pages that the sandbox does not send, from a WeCom that says exactly what a test wants."""

import pytest

from customers.models import Follow
from scrm import syncing
from scrm.sync_words import trouble
from staff.models import Staff
from tests.wecom.conftest import OK, PlayedWeCom, played, played_corp  # noqa: F401  fixtures
from wecom.models import Corp, SyncRun

BATCH, LIST = "externalcontact/batch/get_by_user", "externalcontact/list"
pytestmark = pytest.mark.usefixtures("lin")


def page(*external_userids: str, cursor: str = "", **more: object) -> dict:
    rows = [
        {"external_contact": {"external_userid": one, "name": "客", "type": 1}, "follow_info": {"userid": "lin"}}
        for one in external_userids
    ]
    return {**OK, "external_contact_list": rows, "next_cursor": cursor, **more}


def sync(corp: Corp, played: PlayedWeCom, *pages: dict) -> SyncRun:  # noqa: F811
    played.says(BATCH, *pages)
    played.says(LIST, {**OK, "external_userid": ["wm1", "wm2"]})
    return syncing.sync_corp(corp, ["customers"])[0]


def test_an_empty_page_is_not_the_end(played_corp: Corp, played: PlayedWeCom) -> None:  # noqa: F811
    run = sync(played_corp, played, page("wm1", cursor="a"), page(cursor="b"), page("wm2"))
    assert (run.status, Follow.objects.count()) == (SyncRun.Status.DONE, 2)
    assert [request.body["cursor"] for request in played.to(BATCH)] == ["", "a", "b"]


def test_the_same_page_twice_is_an_error_and_not_a_circle(played_corp: Corp, played: PlayedWeCom) -> None:  # noqa: F811
    run = sync(played_corp, played, page("wm1", cursor="a"))
    assert run.status == SyncRun.Status.FAILED
    assert "could not be read" in trouble(run).text


def test_members_without_a_licence_are_named_once(
    played_corp: Corp,  # noqa: F811
    played: PlayedWeCom,  # noqa: F811
    lin: Staff,
) -> None:
    without = {"fail_info": {"unlicensed_userid_list": ["wang"]}}
    run = sync(played_corp, played, page("wm1", cursor="a", **without), page("wm2", **without))
    assert run.counts["unlicensed"] == 1
    assert run.report["unlicensed"] == [{"id": "wang", "staff": "wang"}]
