"""Who looks at our pages: the URLs, the codes and the tickets, against the sandbox's pages and API."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from wecom import oauth
from wecom.client import WeComClient, client_for, trial_client
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp

BACK = "https://scrm.example/in?next=/a&b"


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


def code_for(sandbox, **who) -> str:
    return sandbox.corp("POST", "oauth_code", **who)["code"]


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as error:
        call()
    return error.value.errcode, error.value.kind


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


# --- URLs ---


def test_the_url_for_people_inside_the_client():
    corp = Corp(corpid="ww1", agentid=7, api_base_url="https://qyapi.weixin.qq.com")
    url = oauth.authorize_url(corp, BACK, "S1", oauth.PRIVATE)
    assert url.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww1&")
    assert url.endswith("#wechat_redirect")
    assert query_of(url) == {
        "appid": "ww1",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "snsapi_privateinfo",
        "state": "S1",
        "agentid": "7",
    }
    assert query_of(oauth.authorize_url(corp, BACK, "S1"))["scope"] == "snsapi_base"


def test_the_url_for_every_other_browser():
    corp = Corp(corpid="ww1", agentid=7, api_base_url="https://qyapi.weixin.qq.com")
    url = oauth.login_url(corp, BACK, "S1")
    assert url.startswith("https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=CorpApp&appid=ww1&")
    assert query_of(url)["redirect_uri"] == BACK


@pytest.mark.parametrize(
    ("problem", "back", "state", "scope"),
    [
        ("state", BACK, "no-dashes", oauth.BASE),
        ("state", BACK, "", oauth.BASE),
        ("state", BACK, "x" * 129, oauth.BASE),
        ("state", BACK, "x\n", oauth.BASE),
        ("redirect_uri", "/relative", "S1", oauth.BASE),
        ("redirect_uri", "javascript:alert(1)", "S1", oauth.BASE),
        ("scope", BACK, "S1", "snsapi_userinfo"),
    ],
)
def test_what_wecoms_page_would_refuse_is_never_built(problem, back, state, scope):
    corp = Corp(corpid="ww1", agentid=7)
    with pytest.raises(WeComError, match=problem):
        oauth.authorize_url(corp, back, state, scope)


@pytest.mark.parametrize("page", ["authorize_url", "login_url"])
def test_the_sandbox_takes_the_urls_and_leads_back(page, wecom, sandbox):
    url = getattr(wecom.auth, page)(BACK, "S1")
    assert requests.get(url, timeout=5).status_code == 200
    query = {**query_of(url), "userid": "lin"}
    answer = requests.get(f"{sandbox.url}/wwlogin/choose", query, allow_redirects=False, timeout=5)
    back = query_of(answer.headers["Location"])
    assert (back["state"], back["next"]) == ("S1", "/a")
    assert wecom.auth.userinfo(back["code"]).userid == "lin"


def test_a_foreign_domain_is_shown_50001_instead(wecom, sandbox, corp):
    sandbox.corp("POST", "apps", agentid=corp.agentid, redirect_domain="scrm.example")
    assert requests.get(wecom.auth.login_url(BACK, "S1"), timeout=5).status_code == 200
    foreign = requests.get(wecom.auth.login_url("https://evil.example/", "S1"), timeout=5)
    assert (foreign.status_code, "50001" in foreign.text) == (400, True)


# --- codes ---


def test_a_member_a_customer_and_a_stranger(wecom, sandbox):
    customer = sandbox.corp("POST", "scan", userid="lin")["external_userid"]
    member = wecom.auth.userinfo(code_for(sandbox, userid="lin"))
    known = wecom.auth.userinfo(code_for(sandbox, external_userid=customer))
    stranger = wecom.auth.userinfo(code_for(sandbox))
    assert (member.userid, member.user_ticket, member.openid) == ("lin", "", "")
    assert (known.userid, known.external_userid) == ("", customer)
    assert known.openid.startswith("o")
    assert (stranger.external_userid, stranger.openid != known.openid) == ("", True)


def test_somebody_elses_customer_is_only_an_openid(wecom, sandbox, corp):
    customer = sandbox.corp("POST", "scan", userid="wang")["external_userid"]
    sandbox.corp("POST", "apps", agentid=corp.agentid, visible_range={"userids": ["lin"]})
    assert wecom.auth.userinfo(code_for(sandbox, external_userid=customer)).external_userid == ""


def test_a_code_works_once_for_five_minutes_and_for_one_app(wecom, sandbox, corp):
    used, old = code_for(sandbox, userid="lin"), code_for(sandbox, userid="lin")
    wecom.auth.userinfo(used)
    assert refusal(lambda: wecom.auth.userinfo(used)) == (42022, ErrorKind.PERMANENT)
    sandbox.advance(301)
    assert refusal(lambda: wecom.auth.userinfo(old)) == (42003, ErrorKind.PERMANENT)
    assert refusal(lambda: wecom.auth.userinfo("nonsense")) == (40029, ErrorKind.PERMANENT)
    keys = {"secret": "second-app", "token": corp.callback_token, "aes_key": corp.aes_key}
    sandbox.corp("POST", "apps", agentid=1000077, **keys)
    of_other = code_for(sandbox, userid="lin", agentid=1000077)
    assert refusal(lambda: wecom.auth.userinfo(of_other)) == (40029, ErrorKind.PERMANENT)
    other = Corp(corpid=corp.corpid, agentid=1000077, api_base_url=corp.api_base_url)
    other.secret = "second-app"
    assert trial_client(other).auth.userinfo(of_other).userid == "lin"


@pytest.mark.parametrize(("code", "problem"), [("", "code is missing"), ("x" * 513, "code has 513 bytes")])
def test_no_code_and_a_long_one_are_never_sent(code, problem, client, played):
    with pytest.raises(WeComError, match=problem):
        client.auth.userinfo(code)
    assert played.asked == []


# --- tickets ---


def test_only_what_the_member_agreed_to_is_shown(wecom, sandbox):
    consent = ["gender", "avatar", "qr_code"]
    code = code_for(sandbox, userid="lin", scope=oauth.PRIVATE, consent=consent)
    ticket = wecom.auth.userinfo(code).user_ticket
    detail = wecom.auth.userdetail(ticket)
    assert detail.userid == "lin"
    assert detail.avatar.startswith("https://")
    assert detail.qr_code.startswith("https://")
    assert (detail.mobile, detail.email, detail.address) == ("", "", "")


def test_a_ticket_lives_half_an_hour(wecom, sandbox):
    ticket = wecom.auth.userinfo(code_for(sandbox, userid="lin", scope=oauth.PRIVATE)).user_ticket
    sandbox.advance(1790)
    assert wecom.auth.userdetail(ticket).userid == "lin"
    sandbox.advance(20)
    assert refusal(lambda: wecom.auth.userdetail(ticket)) == (84015, ErrorKind.PERMANENT)
    assert refusal(lambda: wecom.auth.userdetail("nonsense")) == (84014, ErrorKind.PERMANENT)
