"""The first admin: only while nobody can log in, only with the code from the log, only once."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from staff import first_admin
from staff.errors import WrongState
from staff.models import AuditEntry, Role, SetupCode, User
from tests.cast import PASSWORD
from wecom.models import Corp

PAGE = "/setup/admin/"
CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4}(?:-[2-9A-HJ-NP-Z]{4}){2}\b")

pytestmark = pytest.mark.django_db


@pytest.fixture
def printed(caplog, client: Client) -> str:
    """The code that the first visit printed. `caplog` in a test sees only what comes after it."""
    assert client.get(PAGE).status_code == 200
    (code,) = CODE.findall(caplog.text)
    return code


def make(client: Client, code: str, **changes: str):
    return client.post(
        PAGE, {"code": code, "username": "boss", "password1": PASSWORD, "password2": PASSWORD, **changes}
    )


def age(delta: timedelta) -> None:
    SetupCode.objects.update(printed_at=timezone.now() - delta)


def test_an_empty_installation_leads_to_the_set_up(client: Client) -> None:
    assert client.get("/", follow=True).redirect_chain[-1][0] == PAGE


def test_where_a_corp_is_registered_staff_may_log_in_before_there_is_an_admin(client: Client, corp: Corp) -> None:
    html = client.get("/login/").content.decode()
    assert (f"/login/wecom/{corp.corpid}/" in html, f'href="{PAGE}"' in html) == (True, True)


def test_with_the_code_one_is_the_admin_of_everything_and_goes_on(client: Client, printed: str) -> None:
    answer = make(client, f" {printed.lower().replace('-', ' ')} ")
    assert (answer.status_code, answer["Location"]) == (302, "/setup/")
    boss = User.objects.get()
    assert (boss.role, boss.is_superuser, boss.corp, boss.check_password(PASSWORD)) == (Role.ADMIN, True, None, True)
    assert client.get("/setup/")["Location"] == "/setup/new/"
    assert AuditEntry.objects.filter(action="user.create", user=boss).exists()
    assert not SetupCode.objects.exists()


def test_it_works_once(client: Client, printed: str) -> None:
    make(client, printed)
    other = Client()
    assert other.get(PAGE)["Location"] == "/login/"
    assert make(other, printed, username="thief")["Location"] == "/login/"
    assert User.objects.count() == 1


def test_one_who_comes_second_at_the_same_moment_is_refused(client: Client, printed: str) -> None:
    """Both had the page open; the first one's row is there before the second one's code is looked at."""
    User.objects.create_superuser("boss", password=PASSWORD)
    with pytest.raises(WrongState):
        first_admin.redeem(printed, lambda: User.objects.create_superuser("thief"))
    assert User.objects.count() == 1


def test_a_wrong_code_makes_nobody_and_what_was_entered_survives(client: Client, printed: str) -> None:
    html = make(client, "AAAA-BBBB-CCCC").content.decode()
    assert "not the newest code" in html
    assert 'value="boss"' in html
    assert PASSWORD not in html
    assert not User.objects.exists()


@pytest.mark.parametrize("code", ["", "----", "\0", "字字字", "A" * 40])
def test_nothing_that_is_no_code_opens(client: Client, printed: str, code: str) -> None:
    assert make(client, code).status_code == 200
    assert not User.objects.exists()


def test_a_weak_password_is_told_before_the_code_is_used_up(client: Client, printed: str) -> None:
    make(client, printed, password1="12345", password2="12345")
    assert not User.objects.exists()
    assert make(client, printed).status_code == 302


def test_the_code_is_good_for_an_hour(client: Client, printed: str, caplog) -> None:
    age(timedelta(minutes=61))
    assert make(client, printed).status_code == 200
    assert not User.objects.exists()
    (another,) = CODE.findall(caplog.text)  # printed by that answer
    assert make(client, another).status_code == 302


def test_visits_print_no_further_code(client: Client, printed: str, caplog) -> None:
    for _visit in range(5):
        client.get(PAGE)
    assert CODE.findall(caplog.text) == []
    assert make(client, printed).status_code == 302


def test_another_code_can_be_had_twice_a_minute_and_replaces_the_first(client: Client, printed: str, caplog) -> None:
    client.post("/setup/admin/code/")
    assert CODE.findall(caplog.text) == []
    age(timedelta(seconds=31))
    client.post("/setup/admin/code/")
    (newest,) = CODE.findall(caplog.text)
    make(client, printed)
    assert not User.objects.exists()
    assert make(client, newest).status_code == 302


def test_guessing_from_one_address_is_locked(client: Client, printed: str) -> None:
    answers = [make(client, "AAAA-BBBB-CCCC").status_code for _guess in range(9)]
    assert answers[-1] == 429
    assert make(client, printed).status_code == 429
    assert not User.objects.exists()


def test_guessing_from_many_addresses_uses_the_code_up(printed: str) -> None:
    for source in range(first_admin.MOST_FAILURES):
        make(Client(REMOTE_ADDR=f"198.51.100.{source}"), "AAAA-BBBB-CCCC")
    make(Client(REMOTE_ADDR="192.0.2.1"), printed)
    assert not User.objects.exists()


def test_the_code_is_kept_as_a_digest(client: Client, printed: str) -> None:
    assert printed not in str(SetupCode.objects.values().get())


def test_where_somebody_can_log_in_nothing_is_printed(client: Client, operator: User, caplog) -> None:
    assert client.get(PAGE)["Location"] == "/login/"
    client.post("/setup/admin/code/")
    assert first_admin.print_code(anew=True) is None
    assert CODE.findall(caplog.text) == []
    assert client.get("/login/").status_code == 200


def test_the_code_passes_the_log_s_own_filter() -> None:
    """Log lines hide what looks like a secret; this one must be readable."""
    from scrm.logs import SECRET  # noqa: PLC0415  beside what it is about

    line = "To make the first admin at /setup/admin/, enter ABCD-EFGH-JKLM there within an hour."
    assert SECRET.sub("***", line) == line


def test_wrong_method(client: Client) -> None:
    assert client.get("/setup/admin/code/").status_code == 405
    assert client.put(PAGE).status_code == 405
