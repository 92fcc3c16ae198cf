"""Pages of those who keep the installation running."""

import pytest
from django.test import Client
from django.urls import reverse

from scrm.rehearsal.sandbox import Sandbox
from staff.models import AuditEntry, User
from tests import cast
from wecom import clock
from wecom.doctor import Check
from wecom.models import Corp, InboxEvent

PAGES = ["system_sync", "system_inbox", "system_outbox", "system_journal", "system_doctor", "system_audit"]


@pytest.fixture
def desk(admin: User, signed_in) -> Client:
    return signed_in(admin)


def callback(corp: Corp, state: str = "parked", **fields: object) -> InboxEvent:
    values = {
        "key": f"{InboxEvent.objects.count()}",
        "event": "change_external_contact",
        "change_type": "add_external_contact",
        "payload": {"UserID": "lin", "ExternalUserID": "<script>wm"},
        "next_try_at": clock.now(),
        "received_at": clock.now(),
        "error": "boom",
        "traceback": "Traceback …\nValueError: <b>",
        "attempts": 5,
    }
    return InboxEvent.objects.create(corp=corp, state=state, **{**values, **fields})


@pytest.mark.parametrize("name", PAGES)
def test_for_admins_only(signed_in, desk: Client, operator: User, lin_user: User, name: str) -> None:
    address = reverse(name)
    assert desk.get(address).status_code == 200
    assert signed_in(operator).get(address).status_code == 403
    assert signed_in(lin_user).get(address).status_code == 403
    assert desk.post(address).status_code == 405


@pytest.mark.parametrize("name", ["system_inbox", "system_outbox"])
def test_filters_are_checked(desk: Client, corp: Corp, name: str) -> None:
    key = "state" if name == "system_inbox" else "status"
    assert desk.get(reverse(name), {key: "nonsense"}).status_code == 400
    assert desk.get(reverse(name), {"q": "a\0b", "after": "7"}).status_code == 200
    assert desk.get(reverse(name), {"after": "x"}).status_code == 400


def test_the_inbox_filters_by_state_kind_and_customer(desk: Client, corp: Corp) -> None:
    callback(corp, external_userid="wm1")
    callback(corp, "done", change_type="del_follow_user")

    def found(**query: str) -> int:
        return len(desk.get(reverse("system_inbox"), query).context["page"].rows)

    assert (found(), found(state="parked"), found(event="del_follow"), found(q="wm1"), found(q="wm")) == (
        2,
        1,
        1,
        1,
        0,
    )


def test_a_callback_shows_payload_and_traceback_as_text(desk: Client, corp: Corp) -> None:
    html = desk.get(reverse("system_inbox_event", args=[callback(corp).pk])).content.decode()
    assert "&lt;script&gt;wm" in html
    assert "ValueError: &lt;b&gt;" in html


def test_another_corp_s_callback_is_404(desk: Client) -> None:
    foreign = callback(cast.make_corp())
    assert desk.get(reverse("system_inbox_event", args=[foreign.pk])).status_code == 404
    assert desk.post(reverse("system_inbox_replay", args=[foreign.pk])).status_code == 404
    desk.post(reverse("system_inbox_replay_failed"))
    foreign.refresh_from_db()
    assert foreign.state == InboxEvent.State.PARKED


def test_replaying_one_gives_it_all_its_tries_again(desk: Client, corp: Corp) -> None:
    event = callback(corp)
    assert desk.post(reverse("system_inbox_replay", args=[event.pk])).status_code == 302
    event.refresh_from_db()
    assert (event.state, event.attempts, event.error, event.traceback) == ("pending", 0, "", "")
    assert AuditEntry.objects.filter(action="inbox.replayed").exists()


def test_what_a_worker_holds_is_not_replayed(desk: Client, corp: Corp) -> None:
    event = callback(corp, "working", leased_until=clock.now())
    assert desk.post(reverse("system_inbox_replay", args=[event.pk])).status_code == 409


def test_replaying_all_parked_leaves_the_others(desk: Client, corp: Corp) -> None:
    parked, done = [callback(corp), callback(corp)], callback(corp, "done")
    for _twice in range(2):
        assert desk.post(reverse("system_inbox_replay_failed")).status_code == 302
    states = {event.pk: event.state for event in InboxEvent.objects.all()}
    assert [states[event.pk] for event in (*parked, done)] == ["pending", "pending", "done"]
    assert AuditEntry.objects.filter(action="inbox.replayed_all").count() == 1


def test_the_doctor_names_what_is_wrong_without_the_secret(desk: Client, sandbox: Sandbox, corp: Corp) -> None:
    healthy = desk.post(reverse("system_doctor_check"), headers={"HX-Request": "true"})
    html = healthy.content.decode()
    assert "timeline-mark-green" in html
    assert "timeline-mark-red" not in html
    secret = "wrong-secret-0000000000000000000000000000"
    corp.set_credentials(secret=secret)
    sick = desk.post(reverse("system_doctor_check"))
    assert [str(finding.check) for finding in sick.context["failed"]] == ["secret"]
    assert secret not in sick.content.decode()
    assert desk.get(reverse("system_doctor_check")).status_code == 405


def test_one_line_is_tested_again_by_itself(desk: Client, sandbox: Sandbox, corp: Corp) -> None:
    sandbox.call("POST", "corps", corpid=corp.corpid, trusted_ips=["203.0.113.9"])
    again = {"check": "trusted IP"}
    line = desk.post(reverse("system_doctor_check"), again, headers={"HX-Request": "true"}).content.decode()
    assert (line.count("<li"), 'data-state="fail"' in line, "127.0.0.1" in line) == (1, True, True)
    assert "企业可信IP" in line
    sandbox.call("POST", "corps", corpid=corp.corpid, trusted_ips=[])
    line = desk.post(reverse("system_doctor_check"), again, headers={"HX-Request": "true"}).content.decode()
    assert 'data-state="ok"' in line


def test_an_unknown_check_is_answered_with_all_of_them(desk: Client, sandbox: Sandbox, corp: Corp) -> None:
    everything = desk.post(reverse("system_doctor_check"), {"check": "nonsense"}, headers={"HX-Request": "true"})
    assert everything.content.decode().count("<li") == len(Check)


def test_the_audit_log_shows_details_as_people_write_them(desk: Client, admin: User, corp: Corp) -> None:
    AuditEntry.write(admin, "tags.created", corp, tags=["秋季", "冬季"], note="")
    html = desk.get(reverse("system_audit")).content.decode()
    assert "tags: 秋季, 冬季" in html
    assert "note:" not in html


def test_the_audit_log_shows_writes_as_text(desk: Client, admin: User, corp: Corp) -> None:
    AuditEntry.write(admin, "corp.renamed", corp, name="<img src=x>")
    html = desk.get(reverse("system_audit"), {"q": "renamed"}).content.decode()
    assert "corp.renamed" in html
    assert "<img src=x>" not in html
    assert "corp.renamed" not in desk.get(reverse("system_audit"), {"q": "other"}).content.decode()
