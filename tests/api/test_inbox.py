"""The inbox through REST: for admins only."""

from typing import Any

import pytest

from staff.models import AuditEntry, User
from tests import cast
from tests.pages.test_system import callback
from wecom import clock
from wecom.models import Corp, InboxEvent

PATH = "/api/v1/inbox/"


def test_the_list_filters_by_state_kind_and_customer(api: Any, admin: User, corp: Corp) -> None:
    one = callback(corp, external_userid="wm1")
    two = callback(corp, "done", change_type="del_follow_user")
    callback(cast.make_corp())
    client = api(admin)

    def found(**query: str) -> list[int]:
        return [row["id"] for row in client.get(PATH, query).json()["results"]]

    assert found() == [two.pk, one.pk]
    assert found(state="parked") == [one.pk]
    assert found(customer="wm1") == [one.pk]
    assert found(kind="change_external_contact.del_follow_user") == [two.pk]
    assert client.get(PATH, {"state": "nonsense"}).status_code == 400


def test_one_shows_payload_and_traceback(api: Any, admin: User, corp: Corp) -> None:
    event = callback(corp)
    shown = api(admin).get(f"{PATH}{event.pk}/").json()
    assert shown["kind"] == "change_external_contact.add_external_contact"
    assert shown["payload"] == {"UserID": "lin", "ExternalUserID": "<script>wm"}
    assert "ValueError" in shown["traceback"]


def test_replaying_one_works_and_is_audited(api: Any, admin: User, corp: Corp) -> None:
    event = callback(corp)
    answer = api(admin).post(f"{PATH}{event.pk}/replay/", {}, format="json")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "pending", 0)
    assert AuditEntry.objects.filter(action="inbox.replayed", user=admin).count() == 1


def test_what_a_worker_holds_is_409(api: Any, admin: User, corp: Corp) -> None:
    event = callback(corp, "working", leased_until=clock.now())
    assert api(admin).post(f"{PATH}{event.pk}/replay/", {}, format="json").status_code == 409


def test_replaying_all_failed_leaves_other_corps(api: Any, admin: User, corp: Corp) -> None:
    callback(corp)
    foreign = callback(cast.make_corp())
    client = api(admin)
    assert client.post(f"{PATH}replay_failed/", {}, format="json").json() == {"replayed": 1}
    assert client.post(f"{PATH}replay_failed/", {}, format="json").json() == {"replayed": 0}
    foreign.refresh_from_db()
    assert foreign.state == InboxEvent.State.PARKED
    assert AuditEntry.objects.filter(action="inbox.replayed_all").count() == 1


def test_another_corp_s_is_404(api: Any, admin: User) -> None:
    foreign = callback(cast.make_corp())
    assert api(admin).get(f"{PATH}{foreign.pk}/").status_code == 404
    assert api(admin).post(f"{PATH}{foreign.pk}/replay/", {}, format="json").status_code == 404


@pytest.mark.parametrize("who", ["operator", "lin_user"])
def test_others_are_403(api: Any, request: pytest.FixtureRequest, corp: Corp, who: str) -> None:
    event = callback(corp)
    client = api(request.getfixturevalue(who))
    for answer in (
        client.get(PATH),
        client.get(f"{PATH}{event.pk}/"),
        client.post(f"{PATH}{event.pk}/replay/", {}, format="json"),
        client.post(f"{PATH}replay_failed/", {}, format="json"),
    ):
        assert answer.status_code == 403
