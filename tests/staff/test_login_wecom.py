import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from scrm.rehearsal.sandbox import Sandbox
from staff.models import AuditEntry, Role, Staff, User
from staff.oauth import authorize_url
from tests.cast import make_corp
from wecom.models import Corp


def start(client: Client, corp: Corp, target: str = "") -> str:
    """The address of WeCom's page."""
    answer = client.get(f"/login/wecom/{corp.corpid}/", {"next": target} if target else {})
    assert answer.status_code == 302
    return answer["Location"]


def choose(url: str, userid: str) -> str:
    """Choose a member on the played page; the address back, with a code."""
    page = requests.get(url, timeout=10).text
    link = re.search(rf'href="([^"]*userid={userid})"', page.replace("&amp;", "&"))
    assert link, page
    back = requests.get(f"http://{urlsplit(url).netloc}{link[1]}", allow_redirects=False, timeout=10).headers[
        "Location"
    ]
    return back.removeprefix("http://testserver")


def user_of(client: Client) -> User | None:
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


def test_staff_log_in_with_wecom_and_become_frontline(
    client: Client, sandbox: Sandbox, corp: Corp, lin: Staff
) -> None:
    back = choose(start(client, corp, "/tasks/"), "lin")
    key = client.session.session_key
    answer = client.get(back)
    assert (answer.status_code, answer["Location"]) == (302, "/tasks/")
    user = user_of(client)
    assert user
    assert (user.staff, user.corp, user.role, user.has_usable_password()) == (lin, corp, Role.FRONTLINE, False)
    assert client.session.session_key != key
    assert [(e.action, e.detail) for e in AuditEntry.objects.order_by("pk")] == [
        ("user.create", {"by": "wecom"}),
        ("login", {"way": "wecom"}),
    ]


def test_the_second_login_is_the_same_user_with_the_role_given_since(
    client: Client, sandbox: Sandbox, corp: Corp, lin_user: User
) -> None:
    User.objects.filter(pk=lin_user.pk).update(role=Role.OPERATOR)
    client.get(choose(start(client, corp), "lin"))
    assert user_of(client) == lin_user
    assert User.objects.get().role == Role.OPERATOR


def test_a_way_back_works_once_and_only_in_its_browser(
    client: Client, sandbox: Sandbox, corp: Corp, lin_user: User
) -> None:
    back = choose(start(client, corp), "lin")
    thief = Client()
    assert thief.get(back).status_code == 403
    assert user_of(thief) is None
    assert client.get(back).status_code == 302
    client.post("/logout/")
    assert client.get(back).status_code == 403


def test_another_corps_way_back_is_refused(client: Client, sandbox: Sandbox, corp: Corp, lin_user: User) -> None:
    back = choose(start(client, corp), "lin").replace(corp.corpid, make_corp().corpid)
    assert client.get(back).status_code == 403


@pytest.mark.parametrize("query", [{}, {"state": "x"}, {"code": "x"}, {"state": "\x00", "code": "x"}])
def test_a_way_back_that_nobody_began_is_refused_in_words(client: Client, corp: Corp, query: dict[str, str]) -> None:
    answer = client.get(f"/login/wecom/{corp.corpid}/done/", query)
    assert answer.status_code == 403
    assert "Start again" in answer.content.decode()


@pytest.mark.parametrize("code", ["", "wrong", "x" * 513, "\x00", "林"])
def test_a_code_that_wecom_does_not_know_is_refused_in_words(
    client: Client, sandbox: Sandbox, corp: Corp, code: str
) -> None:
    state = parse_qs(urlsplit(start(client, corp)).query)["state"][0]
    answer = client.get(f"/login/wecom/{corp.corpid}/done/", {"state": state, "code": code})
    assert answer.status_code == 403
    assert 'role="alert"' in answer.content.decode()
    assert user_of(client) is None


@pytest.mark.parametrize("left", ["user", "staff"])
def test_one_who_left_is_refused_in_words(
    client: Client, sandbox: Sandbox, corp: Corp, lin_user: User, left: str
) -> None:
    if left == "user":
        User.objects.update(is_active=False)
    else:
        Staff.objects.update(active=False)
    answer = client.get(choose(start(client, corp), "lin"))
    assert answer.status_code == 403
    assert "switched off" in answer.content.decode()
    assert user_of(client) is None


def test_one_who_is_not_synced_yet_is_told_so(client: Client, sandbox: Sandbox, corp: Corp) -> None:
    answer = client.get(choose(start(client, corp), "wang"))
    assert "not on the staff list yet" in answer.content.decode()
    assert not User.objects.exists()


def test_wecom_being_away_is_told_and_lets_nobody_in(client: Client, corp: Corp, lin: Staff) -> None:
    state = parse_qs(urlsplit(start(client, corp)).query)["state"][0]
    answer = client.get(f"/login/wecom/{corp.corpid}/done/", {"state": state, "code": "x"})
    assert answer.status_code == 403
    assert "use your password" in answer.content.decode()


def test_login_leads_nowhere_else(client: Client, sandbox: Sandbox, corp: Corp, lin_user: User) -> None:
    back = choose(start(client, corp, "https://evil.example/"), "lin")
    assert client.get(back)["Location"] == "/"


def test_only_the_last_few_ways_are_kept(client: Client, corp: Corp) -> None:
    for _n in range(20):
        start(client, corp)
    assert len(client.session["wecom_logins"]) == 5


def test_an_unknown_corp_is_not_found(client: Client, db: None) -> None:
    assert client.get("/login/wecom/wwnobody/").status_code == 404
    assert client.get("/login/wecom/wwnobody/done/").status_code == 404


@pytest.mark.parametrize(
    ("agent", "sandbox", "page"),
    [
        ("Mozilla/5.0 wxwork/4.1 MicroMessenger/7.0", False, "https://open.weixin.qq.com/connect/oauth2/authorize"),
        ("Mozilla/5.0", False, "https://login.work.weixin.qq.com/wwlogin/sso/login"),
        ("Mozilla/5.0", True, "http://127.0.0.1:8010/connect/oauth2/authorize"),
    ],
)
def test_the_page_depends_on_where_one_is(agent: str, sandbox: bool, page: str) -> None:
    corp = Corp(corpid="ww1", agentid=7, api_base_url="http://127.0.0.1:8010", is_sandbox=sandbox)
    url = urlsplit(authorize_url(corp, "https://a.cn/back?x=1&y", "S1", agent))
    query: dict[str, Any] = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == page
    assert (query["appid"], query["agentid"], query["redirect_uri"], query["state"]) == (
        "ww1", "7", "https://a.cn/back?x=1&y", "S1",
    )  # fmt: skip
    assert (url.fragment == "wechat_redirect") is ("open.weixin" in page)
