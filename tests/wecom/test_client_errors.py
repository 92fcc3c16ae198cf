"""Each class of error does what contract §1.4 says, and no more."""

import pickle
import socket
import traceback

import pytest

from wecom import client as client_module
from wecom.client import trial_client
from wecom.errors import ErrorKind, WeComError, kind_of
from wecom.models import Corp

READ = "externalcontact/get_follow_user_list"
WRITE = "externalcontact/mark_tag"
FOLLOWERS = {"errcode": 0, "follow_user": ["lin"]}


@pytest.fixture(autouse=True)
def _quick(settings) -> None:
    settings.WECOM_TIMEOUT = (1, 0.3)


def read(client):
    return client.customers.follow_users()


def write(client):
    return client.tags.mark("lin", "wm1", add=["et1"])


def refused(call, client) -> WeComError:
    with pytest.raises(WeComError) as refusal:
        call(client)
    return refusal.value


CLASSES = {
    "token": (40014, 42001),
    "retry": (-1, 6000, 45033, 45035, 41063, 41079, 41096),
    "limit": (45009,),
    "config": (40001, 40013, 40056, 48002, 60011, 60020, 60031, 301002, 301007),
    "gone": (60111, 84061, 40096, 84084, 49008),
    "quota": (40126, 41094, 41045, 610023),
    "permanent": (40035, 40058, 41048, 41050, 45002, 999999),
    "media": (40007, 40145),
}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_code_has_its_class(kind):
    assert {kind_of(code) for code in CLASSES[kind]} == {kind}


def test_the_code_kind_and_hint_reach_the_caller(client, played, sample):
    played.says(
        "externalcontact/add_msg_template", sample("externalcontact_add_msg_template.error40096.response.json")
    )
    error = refused(lambda c: c.mass.create(sender="u", external_userids=["wm"], text="a"), client)
    assert (error.errcode, error.kind, error.fate_unknown) == (40096, ErrorKind.GONE, False)
    assert error.endpoint == "externalcontact/add_msg_template"
    assert "hint: [1647310300304014225074204]" in error.errmsg


def test_an_error_survives_the_way_through_a_queue():
    error = WeComError(-1, "busy", ErrorKind.RETRY, READ, fate_unknown=True)
    copy = pickle.loads(pickle.dumps(error))
    assert vars(copy) == vars(error)


@pytest.mark.parametrize(
    "answer", [{"errcode": -1, "errmsg": "busy"}, {"errcode": 6000}, {"errcode": 45033}, 502, None]
)
def test_a_read_is_repeated_until_it_works(answer, client, played):
    played.says(READ, answer, answer, FOLLOWERS)
    assert read(client) == ["lin"]
    assert len(played.to(READ)) == 3


@pytest.mark.parametrize(
    "answer", [b"", b"<html>busy</html>", b'{"errcode": 0', b"[]", b'"ok"', b'{"errcode":"x"}', {}]
)
def test_an_unreadable_answer_to_a_read_is_asked_for_again(answer, client, played):
    played.says(READ, answer, FOLLOWERS)
    assert read(client) == ["lin"]


@pytest.mark.parametrize("answer", [{"errcode": -1, "errmsg": "busy"}, 502, None, b"<html>"])
def test_a_read_gives_up_after_three_attempts(answer, client, played):
    played.says(READ, answer)
    error = refused(read, client)
    assert error.kind in {ErrorKind.RETRY, ErrorKind.UNKNOWN}
    assert not error.fate_unknown
    assert len(played.to(READ)) == 3


@pytest.mark.parametrize("code", [-1, 6000, 45033, 45035, 41096])
def test_a_write_is_repeated_after_an_explicit_busy(code, client, played):
    played.says(WRITE, {"errcode": code, "errmsg": "busy"}, {"errcode": 0})
    write(client)
    assert len(played.to(WRITE)) == 2


@pytest.mark.parametrize("answer", [502, None, b"", b"<html>ok</html>", b'{"errcode": 0', {}, {"errmsg": "ok"}])
def test_a_write_of_unknown_fate_is_never_repeated(answer, client, played):
    played.says(WRITE, answer)
    assert refused(write, client).fate_unknown
    assert len(played.to(WRITE)) == 1


def test_a_write_that_times_out_may_have_been_applied(client, played, slowly):
    played.says(WRITE, slowly(0.6, {"errcode": 0}))
    error = refused(write, client)
    assert (error.kind, error.fate_unknown, error.errcode) == (ErrorKind.RETRY, True, None)
    assert len(played.to(WRITE)) == 1


def test_a_missing_errcode_is_a_success_only_with_the_result(client, played):
    endpoint = "externalcontact/add_msg_template"
    played.says(endpoint, {"msgid": "m1"}, {"fail_list": []})

    def create(client):
        return client.mass.create(sender="u", external_userids=["wm"], text="a")

    assert create(client).msgid == "m1"
    assert refused(create, client).fate_unknown


def test_a_result_that_does_not_fit_its_type_is_unknown(client, played):
    played.says("externalcontact/add_msg_template", {"errcode": 0, "errmsg": "ok"})
    error = refused(lambda c: c.mass.create(sender="u", external_userids=["wm"], text="a"), client)
    assert (error.kind, error.fate_unknown) == (ErrorKind.UNKNOWN, True)
    assert "without msgid" in error.errmsg


def test_what_never_left_is_no_riddle_and_is_tried_again(client, played):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    corp = Corp(corpid="wwtest", agentid=1, api_base_url=f"http://127.0.0.1:{port}")
    corp.secret = "the-secret"
    error = refused(write, trial_client(corp))
    assert (error.kind, error.fate_unknown, error.endpoint) == (ErrorKind.RETRY, False, "gettoken")


@pytest.mark.parametrize("status", [301, 404, 413])
def test_a_host_that_is_not_wecom_is_a_matter_of_configuration(status, client, played):
    played.says(WRITE, status)
    error = refused(write, client)
    assert (error.kind, error.fate_unknown) == (ErrorKind.CONFIG, False)
    assert str(status) in error.errmsg


@pytest.mark.parametrize("code", [41063, 41048, 60111, 41094, 40007, 45009])
def test_other_refusals_are_told_at_once(code, client, played):
    played.says(READ, {"errcode": code, "errmsg": "no"})
    assert refused(read, client).errcode == code
    assert len(played.to(READ)) == 1


@pytest.mark.parametrize("code", [40014, 42001])
@pytest.mark.parametrize("call", [read, write])
def test_a_dead_token_is_replaced_once_and_the_call_repeated(code, call, client, played):
    endpoint = READ if call is read else WRITE
    played.says("gettoken", *({"errcode": 0, "access_token": f"token-{n}", "expires_in": 7200} for n in (1, 2, 3)))
    played.says(endpoint, {"errcode": code, "errmsg": "invalid access_token"}, FOLLOWERS)
    call(client)
    assert [request.query["access_token"] for request in played.to(endpoint)] == ["token-1", "token-2"]
    assert len(played.to("gettoken")) == 2


@pytest.mark.parametrize("code", [40014, 42001])
def test_a_token_that_is_always_refused_ends_the_call(code, client, played):
    """wechatpy alone fetches tokens until Python's stack is exhausted."""
    played.says(READ, {"errcode": code, "errmsg": "invalid access_token"})
    assert refused(read, client).kind is ErrorKind.TOKEN
    assert (len(played.to(READ)), len(played.to("gettoken"))) == (2, 2)


def test_busy_answers_between_do_not_buy_a_second_new_token(client, played):
    dead, busy = {"errcode": 42001, "errmsg": "expired"}, {"errcode": -1, "errmsg": "busy"}
    played.says(READ, dead, busy, dead, FOLLOWERS)
    assert refused(read, client).kind is ErrorKind.TOKEN
    assert len(played.to("gettoken")) == 2


def test_a_wrong_secret_is_not_tried_twice(client, played, sample):
    played.says("gettoken", sample("gettoken.error40001.response.json"))
    error = refused(read, client)
    assert (error.errcode, error.kind, error.endpoint) == (40001, ErrorKind.CONFIG, "gettoken")
    assert len(played.to("gettoken")) == 1
    assert played.to(READ) == []


@pytest.mark.parametrize("answer", [None, 502])
def test_neither_token_nor_secret_gets_into_an_error_or_its_traceback(answer, client, played):
    for endpoint in ("gettoken", READ):
        played.says(endpoint, answer)
        error = refused(read, client)
        told = f"{error} {error!r} {''.join(traceback.format_exception(error))} {client!r}"
        assert "the-secret" not in told
        assert "token-1" not in told
        played.says("gettoken", {"errcode": 0, "access_token": "token-1"})


def test_a_server_that_repeats_its_cursor_does_not_hold_us_for_ever(client, played):
    played.says("externalcontact/get_groupmsg_task", {"errcode": 0, "task_list": [], "next_cursor": "again"})
    assert refused(lambda c: list(c.mass.tasks("m")), client).kind is ErrorKind.UNKNOWN
    assert len(played.asked) == 3


def test_wechatpys_own_calls_pass_through_the_same_door(client, played):
    played.says("tag/list", {"errcode": 40035, "errmsg": "invalid parameter"})
    assert refused(lambda c: c.tag.list(), client).kind is ErrorKind.PERMANENT


def test_the_retry_budget_is_what_the_document_allows():
    assert client_module.ATTEMPTS == 3  # "-1: at most 3"
