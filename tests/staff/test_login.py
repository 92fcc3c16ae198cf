from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from staff import throttle
from staff.errors import WrongState
from staff.middleware import WrongStateMiddleware
from staff.models import AuditEntry, User
from staff.origin import client_ip
from tests.cast import PASSWORD, make_corp
from wecom.models import Corp


def log_in(client: Client, username: str, password: str = PASSWORD, **extra: str) -> HttpResponse:
    return client.post("/login/", {"username": username, "password": password, **extra})


def who(client: Client) -> str | None:
    """The user of the session, as the next request would know it."""
    return client.session.get("_auth_user_id")


def test_a_password_lets_one_in_and_is_written_down(client: Client, operator: User) -> None:
    answer = log_in(client, "operator")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert who(client) == str(operator.pk)
    entry = AuditEntry.objects.get(action="login")
    assert (entry.user, entry.detail, entry.ip) == (operator, {"way": "password"}, "127.0.0.1")


def test_the_session_key_changes_at_login(client: Client, operator: User) -> None:
    client.get("/login/wecom/" + operator.corp.corpid + "/")  # begins a session
    before = client.session.session_key
    log_in(client, "operator")
    assert before
    assert client.session.session_key != before


def test_a_stranger_and_a_wrong_password_get_the_same_answer(client: Client, operator: User) -> None:
    wrong = log_in(client, "operator", "wrong").content.decode()
    stranger = log_in(client, "nobody", "wrong").content.decode()
    assert "Please enter a correct" in wrong
    assert normal(wrong, "operator") == normal(stranger, "nobody")
    assert who(client) is None


def normal(page: str, username: str) -> str:
    """The page without what differs with every answer."""
    lines = [line for line in page.splitlines() if "csrf" not in line.lower()]
    return "\n".join(lines).replace(username, "NAME")


@pytest.mark.parametrize("switch_off", ["user", "staff"])
def test_a_right_password_of_one_who_left_is_refused_in_words(client: Client, lin_user: User, switch_off: str) -> None:
    disable(lin_user, switch_off)
    answer = log_in(client, "lin")
    assert "switched off" in answer.content.decode()
    assert "switched off" not in log_in(client, "lin", "wrong").content.decode()
    assert who(client) is None


@pytest.mark.parametrize("switch_off", ["user", "staff"])
def test_one_who_is_switched_off_is_out_with_the_next_request(signed_in, lin_user: User, switch_off: str) -> None:
    client = signed_in(lin_user)
    assert client.get("/login/").status_code == 302  # knows them
    disable(lin_user, switch_off)
    assert client.get("/login/").status_code == 200


def disable(user: User, what: str) -> None:
    if what == "user":
        User.objects.filter(pk=user.pk).update(is_active=False)
    else:
        user.staff.active = False
        user.staff.save(update_fields=["active"])


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "javascript:alert(1)", "https://evil.example/", "stage", "home"]
)
def test_login_leads_nowhere_else(client: Client, operator: User, target: str) -> None:
    assert log_in(client, "operator", next=target)["Location"] == "/"
    assert client.get("/login/", {"next": target})["Location"] == "/"  # already in


def test_login_leads_back_to_the_page_that_was_asked_for(client: Client, operator: User) -> None:
    assert log_in(client, "operator", next="/customers/?q=a")["Location"] == "/customers/?q=a"


@pytest.mark.parametrize("username", ["a\x00b", "\ud800", "😀" * 200, "x" * 10_000, ""])
def test_hostile_names_are_refused_in_the_form(client: Client, db: None, username: str) -> None:
    username = (
        username.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if "\ud800" in username else username
    )
    assert log_in(client, username).status_code == 200


def test_guessing_one_account_is_stopped(client: Client, operator: User) -> None:
    for _n in range(8):
        log_in(client, "operator", "wrong")
    answer = log_in(client, "operator")
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert who(client) is None


def test_guessing_from_one_source_on_many_accounts_is_stopped(client: Client, operator: User) -> None:
    fail("127.0.0.1", [f"name{n}" for n in range(throttle.MOST_PER_SOURCE)])
    assert log_in(client, "operator").status_code == 429


def test_guessing_one_account_from_many_sources_is_stopped(client: Client, operator: User) -> None:
    for n in range(throttle.MOST_PER_NAME):
        fail(f"10.0.0.{n}", ["operator"])
    assert log_in(client, "operator").status_code == 429


def test_old_failures_are_forgotten(client: Client, operator: User) -> None:
    fail("127.0.0.1", [f"name{n}" for n in range(throttle.MOST_PER_SOURCE)])
    for attempt in AccessAttempt.objects.all():
        attempt.attempt_time -= timedelta(minutes=16)
        attempt.save()
    assert log_in(client, "operator").status_code == 302


def fail(source: str, names: list[str]) -> None:
    for name in names:
        AccessAttempt.objects.create(ip_address=source, username=name, failures_since_start=1, user_agent="x")


def test_a_post_without_its_token_is_refused(operator: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert log_in(strict, "operator").status_code == 403


def test_logout_is_a_post_and_ends_the_session_on_the_server(signed_in, operator: User) -> None:
    client = signed_in(operator)
    cookie = client.cookies["sessionid"].value
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert thief.get("/login/").status_code == 200
    assert AuditEntry.objects.filter(action="logout", user=operator).count() == 1


def test_logging_out_twice_is_harmless(client: Client, db: None) -> None:
    assert client.post("/logout/").status_code == 302


def test_the_pages_corp_is_the_users_own(signed_in, operator: User, superuser: User, corp: Corp) -> None:
    other = make_corp(name="另一家")
    assert signed_in(operator).get("/logout/").wsgi_request.corp == corp
    root = signed_in(superuser)
    assert root.get("/logout/").wsgi_request.corp == corp
    root.post("/corp/", {"corp": other.pk})
    assert root.get("/logout/").wsgi_request.corp == other


def test_nobody_switches_to_a_corp_that_is_not_theirs(signed_in, operator: User) -> None:
    client = signed_in(operator)
    client.post("/corp/", {"corp": make_corp().pk})
    assert client.get("/logout/").wsgi_request.corp == operator.corp


def test_strangers_have_no_corp(client: Client, db: None) -> None:
    request = client.get("/login/").wsgi_request
    assert request.corp is None
    assert isinstance(request.user, AnonymousUser) or not request.user.is_authenticated


@pytest.mark.parametrize(
    ("proxied", "forwarded", "expected"),
    [
        (False, "6.6.6.6", "10.1.1.1"),
        (True, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (True, "", "10.1.1.1"),
        (True, "junk", None),
    ],
)
def test_a_forged_forwarding_header_is_not_believed(
    settings, rf: RequestFactory, proxied: bool, forwarded: str, expected: str | None
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxied else None
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_ip(rf.get("/", REMOTE_ADDR="10.1.1.1", headers=headers)) == expected


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Accept": "text/html", "Referer": "http://testserver/campaigns/"}, "page"),
        ({"Accept": "application/json"}, "json"),
        ({"Accept": "text/html", "HX-Request": "true"}, "part"),
    ],
)
def test_a_refused_verb_answers_409_in_the_form_asked_for(
    rf: RequestFactory, headers: dict[str, str], kind: str
) -> None:
    request = rf.post("/", headers=headers)
    request.htmx = "HX-Request" in headers
    answer = WrongStateMiddleware(unused).process_exception(request, WrongState("只有运行中的活动能暂停 <b>"))
    assert answer is not None
    assert answer.status_code == 409
    text = answer.content.decode()
    if kind == "page":
        assert "&lt;b&gt;" in text
        assert 'href="http://testserver/campaigns/"' in text
    elif kind == "json":
        assert "只有" in answer.json()["detail"] if hasattr(answer, "json") else "detail" in text
    else:
        assert "<html" not in text
        assert answer["X-Reason"].startswith("%E5%8F%AA")


def unused(request: HttpRequest) -> HttpResponse:
    raise AssertionError("the view is not called here")


def test_other_exceptions_are_left_alone(rf: RequestFactory) -> None:
    assert WrongStateMiddleware(unused).process_exception(rf.get("/"), ValueError("x")) is None
