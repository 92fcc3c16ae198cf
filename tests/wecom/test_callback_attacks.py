"""What strangers send to the callback URL, and hostile text from those who are none. Numbers are those of our list of
attacks: each has a test of its own here."""

import base64
import logging
import statistics
import time

import pytest
from django.test import Client
from django.urls import reverse
from wechatpy.crypto.base import WeChatCipher

from scrm.logs import LineFormatter
from scrm.wsgi import application
from tests.wecom import handlers
from tests.wecom.callbacks import sealed, through, xml_of
from tests.wecom.test_inbox import NAME, make_event, use
from wecom import callback, clock, inbox, keyring
from wecom.client import client_for
from wecom.crypto import CallbackCrypto, decode_key
from wecom.errors import WeComError
from wecom.models import Corp, EndpointHour, ErrorReply, InboxEvent

READ = "externalcontact/get_follow_user_list"
DETAIL = "externalcontact/get"
LAUGHS = b"".join(
    [
        b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'>",
        *(b"<!ENTITY %c '%s'>" % (97 + n, b"&%c;" % (96 + n) * 10) for n in range(1, 10)),
        b"]><xml><Encrypt>&j;</Encrypt></xml>",
    ]
)
HOSTILE = {
    "billion laughs": LAUGHS,
    "external entity": b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><xml><Encrypt>&e;</Encrypt></xml>",
    "remote DTD": b"<!DOCTYPE xml SYSTEM 'http://127.0.0.1:9/x.dtd'><xml><Encrypt>a</Encrypt></xml>",
    "200,000 levels": b"<a>" * 200_000,
    "9,000 levels": b"<xml>" + b"<a>" * 9_000,
    "UTF-16": "<xml><Encrypt>a</Encrypt></xml>".encode("utf-16"),
    "UTF-7": b"<?xml version='1.0' encoding='utf-7'?><xml><Encrypt>a</Encrypt></xml>",
    "50 MB": b"<xml><Encrypt>" + b"a" * 50_000_000 + b"</Encrypt></xml>",
}


def post(corp: Corp, query: str, body: bytes) -> tuple[int, bytes]:
    return through(application, "POST", f"/wecom/callback/{corp.corpid}/", query, body)


def signed(corp: Corp, encrypt: str) -> tuple[str, bytes]:
    signature = keyring.keys_of(corp.corpid).crypto.sign("1", "n", encrypt)
    return f"msg_signature={signature}&timestamp=1&nonce=n", f"<xml><Encrypt>{encrypt}</Encrypt></xml>".encode()


def enclosed(corp: Corp, plain: bytes, length: int | None = None) -> tuple[str, bytes]:
    """Query and body of a callback whose message is any bytes, under a length field that may lie."""
    size = (len(plain) if length is None else length).to_bytes(4, "big")
    message = b"0" * 16 + size + plain + corp.corpid.encode()
    pad = 32 - len(message) % 32
    cipher = WeChatCipher(decode_key(corp.aes_key))
    return signed(corp, base64.b64encode(cipher.encrypt(message + bytes([pad]) * pad)).decode())


# --- 1, 2: text that cannot be stored ---


def test_attack_1_a_nickname_with_nul_is_cleaned_where_it_comes_in(played_corp, played):
    profile = {"external_userid": "wm1", "name": "a\x00b", "type": 1}
    played.says(
        DETAIL, {"errcode": 0, "external_contact": profile, "follow_user": [{"userid": "lin", "remark": "\x00"}]}
    )
    detail = client_for(played_corp).customers.get("wm1")
    assert (detail.contact.name, detail.follows[0].remark) == ("ab", "")


def test_attack_1_nul_in_a_signed_callback_is_refused_and_nothing_breaks(corp):
    for text in ("a\x00b", "&#0;"):
        xml = xml_of(corp).replace("</xml>", f"<State>{text}</State></xml>")
        assert post(corp, *sealed(corp, xml))[0] == 400
    assert not InboxEvent.objects.exists()


def test_attack_2_lone_surrogates_and_broken_utf8_from_wecom_are_replaced(played_corp, played):
    body = b'{"errcode":0,"external_contact":{"external_userid":"wm1","name":"a\\ud800b\xff\xed\xa0\x80","type":1}}'
    played.says(DETAIL, body)
    name = client_for(played_corp).customers.get("wm1").contact.name
    assert name.startswith("a\ufffdb\ufffd")
    name.encode()
    event = make_event(played_corp, userid=name, payload={"Name": name})
    event.refresh_from_db()
    assert event.payload == {"Name": name}


def test_attack_2_broken_utf8_in_a_signed_callback_gets_400(corp):
    xml = xml_of(corp).encode().replace(b"lin", b"\xff\xed\xa0\x80")
    assert post(corp, *enclosed(corp, xml))[0] == 400
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize("query", ["%ff=%fe&msg_signature=%ed%a0%80&timestamp=%00&nonce=%ff", "\udcff=\udcfe"])
def test_attack_2_broken_utf8_in_a_query_is_refused_like_any_junk(query, corp):
    _query, body = sealed(corp, xml_of(corp))
    assert post(corp, query, body) == (403, b"")


# --- 11: hostile XML ---


@pytest.mark.parametrize("kind", HOSTILE)
def test_attack_11_hostile_xml_gets_400_within_50_ms(kind, corp):
    query, _body = sealed(corp, xml_of(corp))
    post(corp, query, b"<xml></xml>")
    spans = []
    for _ in range(3):
        began = time.perf_counter()
        assert post(corp, query, HOSTILE[kind]) == (400, b"")
        spans.append(time.perf_counter() - began)
    assert min(spans) < 0.05
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize("kind", ["billion laughs", "external entity", "remote DTD", "9,000 levels", "UTF-7"])
def test_attack_11_hostile_xml_under_a_right_signature_gets_400_too(kind, corp):
    body = HOSTILE[kind].decode("ascii")
    assert post(corp, *sealed(corp, body)) == (400, b"")
    assert not InboxEvent.objects.exists()


def test_attack_11_a_large_body_is_not_read(corp):
    def read(size: int) -> bytes:
        raise AssertionError("read")

    assert callback.answer("POST", corp.corpid, "", "50000000", read) == (400, b"")


# --- 12, 15: signatures ---


def test_attack_12_wrong_signature_none_and_another_corps_get_403_and_no_row(corp):
    other = Corp.objects.create(corpid="wwother", agentid=1, callback_token="otherToken", aes_key=corp.aes_key)
    query, body = sealed(corp, xml_of(corp))
    theirs = sealed(other, xml_of(other))
    for wrong in (("", body), (query.replace("msg_signature=", "msg_signature=0"), body), theirs):
        assert post(corp, *wrong) == (403, b"")
    assert not InboxEvent.objects.exists()


def test_attack_12_a_wrong_signature_ends_before_xml_cipher_and_database(corp, monkeypatch, django_assert_num_queries):
    query, body = sealed(corp, xml_of(corp))
    junk = query.replace("msg_signature=", "msg_signature=0")
    post(corp, query, body)
    monkeypatch.setattr(keyring, "YOUNG", 60.0)
    post(corp, junk, body)

    def unwanted(*args: object) -> None:
        raise AssertionError("reached")

    monkeypatch.setattr(callback, "parse", unwanted)
    monkeypatch.setattr("wecom.envelope.parse", unwanted)
    monkeypatch.setattr(CallbackCrypto, "_decrypt", unwanted)
    with django_assert_num_queries(0):
        assert post(corp, junk, body) == (403, b"")


def padding_cases(corp: Corp) -> dict[str, tuple[str, bytes]]:
    encrypt = sealed(corp, xml_of(corp))[1].split(b"<![CDATA[")[2].split(b"]]>")[0].decode()
    return {
        "broken padding": signed(corp, encrypt[:-4] + "AAA="),
        "length beyond the data": enclosed(corp, b"<xml></xml>", length=10_000),
        "empty Encrypt": signed(corp, ""),
        "bad base64": signed(corp, "a" * (len(encrypt) - 1)),
        "wrong receiver": enclosed(corp, b"<xml></xml>", length=3),
    }


def test_attack_15_whatever_is_wrong_inside_the_answer_is_the_same_and_takes_as_long(corp, monkeypatch):
    monkeypatch.setattr(keyring, "YOUNG", 60.0)
    monkeypatch.setattr(callback, "_note_refusal", lambda corpid, rejection: None)
    cases, spans = padding_cases(corp), {}
    for kind, (query, body) in cases.items():
        taken = []
        for _ in range(300):
            began = time.perf_counter()
            assert post(corp, query, body) == (403, b"")
            taken.append(time.perf_counter() - began)
        spans[kind] = statistics.median(taken)
    assert max(spans.values()) - min(spans.values()) < 0.0005, spans
    assert not InboxEvent.objects.exists()


# --- 16: a flood ---


def test_attack_16_two_thousand_junk_posts_take_less_than_a_second_of_one_core(corp, django_assert_max_num_queries):
    query, body = sealed(corp, xml_of(corp))
    junk = query.replace("msg_signature=", "msg_signature=0")
    post(corp, junk, body)
    with django_assert_max_num_queries(8):
        began = time.process_time()
        for _ in range(2_000):
            assert post(corp, junk, body)[0] == 403
        assert time.process_time() - began < 1.0


def test_attack_16_ever_new_corpids_cost_one_query_a_second(corp, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(keyring, "YOUNG", 60.0)
    query, body = sealed(corp, xml_of(corp))
    keyring.forget()
    with django_assert_num_queries(1):
        for number in range(500):
            path = f"/wecom/callback/ww{number}/"
            assert through(application, "POST", path, query, body)[0] == 403
    assert post(corp, query, body)[0] == 200


def test_attack_16_a_corp_registered_during_the_flood_is_heard_within_a_second(corp, monkeypatch):
    newcomer = Corp(corpid="wwnewcomer", agentid=1, callback_token="newToken", aes_key=corp.aes_key)
    query, body = sealed(newcomer, xml_of(newcomer))
    assert post(newcomer, query, body)[0] == 403
    newcomer.save()
    monkeypatch.setattr(keyring, "YOUNG", 0.0)
    assert post(newcomer, query, body)[0] == 200


def test_attack_16_a_query_of_many_parameters_is_not_taken_apart(corp):
    _query, body = sealed(corp, xml_of(corp))
    assert post(corp, "&".join(f"a{n}=1" for n in range(1_000)), body)[0] == 400
    assert post(corp, "a=" + "b" * 10_000, body)[0] == 400


def test_new_keys_are_used_at_once_though_another_process_set_them(corp, monkeypatch):
    query, body = sealed(corp, xml_of(corp))
    assert post(corp, query, body)[0] == 200
    Corp.objects.get(pk=corp.pk).set_credentials(callback_token="anotherToken")
    changed = Corp.objects.get(pk=corp.pk)
    monkeypatch.setattr(keyring, "YOUNG", 0.0)
    assert post(corp, *sealed(changed, xml_of(changed, UserID="wang")))[0] == 200


# --- 42: secrets ---


def secrets_of(corp: Corp) -> list[str]:
    return [corp.secret, corp.callback_token, corp.aes_key, "token-1-that-nobody-may-see"]


@pytest.fixture
def leaky(played_corp, played):
    """A WeCom that answers with whatever it was sent."""
    token = "token-1-that-nobody-may-see"
    played.says("gettoken", {"errcode": 0, "access_token": token, "expires_in": 7200})
    said = f"invalid access_token={token}, corpsecret={played_corp.secret}, hint: [12345678901234567]"
    played.says(READ, {"errcode": 40058, "errmsg": said})
    return played_corp


def test_attack_42_no_page_log_metric_or_row_holds_a_secret(leaky, caplog, admin, signed_in, settings):
    caplog.set_level(logging.DEBUG)
    settings.WECOM_CALLBACKS = {NAME: ["tests.wecom.test_callback_attacks.call_wecom"]}
    make_event(leaky)
    assert inbox.process() == 1
    shown = [LineFormatter().format(record) for record in caplog.records]
    event = InboxEvent.objects.get()
    browser = signed_in(admin)
    for address in (
        reverse("system_journal"),
        reverse("system_inbox"),
        reverse("system_inbox_event", args=[event.pk]),
        reverse("system_doctor"),
        "/metrics",
    ):
        answer = browser.get(address)
        assert answer.status_code == 200
        shown.append(answer.content.decode())
    shown += [event.error, event.traceback, *ErrorReply.objects.values_list("errmsg", flat=True)]
    shown += [str(list(model.objects.values())) for model in (Corp, EndpointHour, ErrorReply, InboxEvent)]
    assert ErrorReply.objects.get().hint == "12345678901234567"
    for secret in secrets_of(leaky):
        assert [text for text in shown if secret in text] == []


def call_wecom(event: InboxEvent) -> None:
    client_for(event.corp).customers.follow_users()


def test_attack_42_an_error_page_tells_nothing(leaky, admin, signed_in, monkeypatch):
    def broken(*args: object) -> None:
        raise RuntimeError(f"secret {leaky.secret}")

    monkeypatch.setattr("scrm.journal_pages.activity.since", broken)
    browser = signed_in(admin)
    browser.raise_request_exception = False
    answer = browser.get(reverse("system_journal"))
    assert answer.status_code == 500
    assert leaky.secret not in answer.content.decode()


# --- 43: log lines ---


def test_attack_43_hostile_text_from_wecom_is_one_escaped_line(played_corp, played, caplog, settings):
    caplog.set_level(logging.INFO)
    forged = "no\r\n2026-01-01T00:00:00Z ERROR wecom all is lost\x1b[2J\u2028"
    played.says(READ, {"errcode": 60111, "errmsg": forged})
    with pytest.raises(WeComError):
        client_for(played_corp).customers.follow_users()
    use(settings, "fail")
    make_event(played_corp)
    Corp.objects.update(name=forged)
    inbox.process()
    lines = [LineFormatter().format(record) for record in caplog.records]
    assert [line for line in lines if "all is lost" in line]
    for line in lines:
        assert len(line.splitlines()) == 1
        assert "\x1b" not in line
    assert "\n" not in ErrorReply.objects.get().errmsg
    handlers.handled.clear()


def test_the_journal_shows_hostile_text_as_text(corp, admin, signed_in):
    said = "<img src=x onerror=alert(1)>"
    ErrorReply.objects.create(corp=corp, endpoint="user/get", kind="gone", errcode=60111, errmsg=said, at=clock.now())
    client: Client = signed_in(admin)
    html = client.get(reverse("system_journal")).content.decode()
    assert "&lt;img src=x" in html
    assert "<img src=x" not in html
