import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from django.db import connection, connections
from django.test import Client
from wechatpy.enterprise.crypto import WeChatCrypto

from scrm.wsgi import application
from tests.wecom.callbacks import ADDED, crypto_of, echo_query, sealed, through, xml_of
from wecom import callback, keyring
from wecom.models import Corp, InboxEvent

PLAIN = b"not found"


def post(corp: Corp, query: str, body: bytes, **environ) -> int:
    return through(application, "POST", f"/wecom/callback/{corp.corpid}/", query, body, **environ)[0]


def send(corp: Corp, **fields) -> int:
    return post(corp, *sealed(corp, xml_of(corp, **fields)))


# --- GET ---


def test_the_url_check_answers_with_the_plain_text_and_nothing_else(corp):
    answer = through(application, "GET", f"/wecom/callback/{corp.corpid}/", echo_query(corp, "1616140317555161061"))
    assert answer == (200, b"1616140317555161061")


def test_the_official_url_check(sample, db):
    vector = next(v for v in sample("crypto_vectors.json")["callback"] if v["id"] == "official-get-echostr")
    corp = Corp.objects.create(
        corpid=vector["receive_id"], agentid=1, callback_token=vector["token"], aes_key=vector["encoding_aes_key"]
    )
    given = {name: vector[name] for name in ("msg_signature", "timestamp", "nonce")} | {"echostr": vector["encrypt"]}
    path = f"/wecom/callback/{corp.corpid}/"
    assert through(application, "GET", path, urlencode(given)) == (200, vector["plaintext"].encode())
    assert through(application, "GET", path, urlencode(given | {"nonce": "263014781"}))[0] == 403


@pytest.mark.parametrize(
    "query", ["", "echostr=x", "msg_signature=&timestamp=&nonce=&echostr=", "%ff=%00&echostr=%ed"]
)
def test_a_url_check_without_a_right_signature_is_refused(query, corp):
    assert through(application, "GET", f"/wecom/callback/{corp.corpid}/", query) == (403, b"")


# --- POST ---


def test_an_event_is_written_down_as_wecom_said_it(corp):
    assert send(corp, State="chan", WelcomeCode="code-1") == 200
    event = InboxEvent.objects.get()
    assert (event.corp, event.event, event.change_type) == (corp, "change_external_contact", "add_external_contact")
    assert (event.userid, event.external_userid, event.lane) == ("lin", "wm0000000001", "urgent")
    assert (event.state, event.attempts, event.created_at_wecom.isoformat()) == (
        "pending",
        0,
        "2026-01-01T00:00:00+00:00",
    )
    assert event.payload == ADDED | {"ToUserName": corp.corpid, "State": "chan", "WelcomeCode": "code-1"}


def test_an_event_without_a_welcome_code_can_wait(corp):
    send(corp)
    assert InboxEvent.objects.get().lane == "default"


def test_the_same_event_twice_is_one_row_and_two_successes(corp):
    assert (send(corp), send(corp)) == (200, 200)
    assert InboxEvent.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"ExternalUserID": "wm0000000002"},
        {"UserID": "wang"},
        {"CreateTime": "1767225601"},
        {"ChangeType": "edit_external_contact"},
        {"WelcomeCode": "another"},
        {"Event": "change_external_chat", "ChatId": "wr1"},
    ],
)
def test_events_of_the_same_second_stay_apart(change, corp):
    send(corp)
    send(corp, **change)
    assert InboxEvent.objects.count() == 2


def test_acquisition_events_are_told_apart_by_fields_outside_the_documented_list(corp):
    for link in ("a", "b"):
        send(corp, Event="customer_acquisition", ChangeType="link_unavailable", LinkId=link)
    assert InboxEvent.objects.count() == 2


def test_two_corps_may_say_the_same(corp):
    other = Corp.objects.create(corpid="wwother", agentid=1, callback_token="otherToken", aes_key=corp.aes_key)
    assert (send(corp), send(other)) == (200, 200)
    assert InboxEvent.objects.count() == 2


def test_every_sample_event_is_stored(corp, sample):
    names = sample("INDEX.json")
    files = [
        row["file"] for row in names if row["file"].startswith("callback_") and row["kind"].startswith("callback (d")
    ]
    assert len(files) >= 20
    for name in files:
        assert post(corp, *sealed(corp, sample(name))) == 200
    assert InboxEvent.objects.count() == len(files)


def test_hostile_text_is_stored_as_text(corp):
    name = "‮<script>alert(1)</script>👨‍👩‍👧‍👦"
    assert send(corp, State=name) == 200
    assert InboxEvent.objects.get().payload["State"] == name


def test_ids_longer_than_their_columns_do_no_harm(corp):
    assert send(corp, UserID="u" * 5000, ChangeType="c" * 5000, CreateTime="9" * 5000) == 200
    event = InboxEvent.objects.get()
    assert (len(event.userid), len(event.change_type), event.created_at_wecom) == (128, 100, None)


def signed(corp: Corp, encrypt: str) -> tuple[str, bytes]:
    """A right signature over an `Encrypt` that is junk."""
    signature = keyring.keys_of(corp.corpid).crypto.sign("1", "n", encrypt)
    return f"msg_signature={signature}&timestamp=1&nonce=n", f"<xml><Encrypt>{encrypt}</Encrypt></xml>".encode()


def refused(corp: Corp) -> dict[str, tuple[str, bytes]]:
    query, body = sealed(corp, xml_of(corp))
    foreign = WeChatCrypto(corp.callback_token, corp.aes_key, "wwforeign")
    other_token = WeChatCrypto("anotherToken", corp.aes_key, corp.corpid)
    return {
        "no signature": ("", body),
        "bad signature": (query.replace("msg_signature=", "msg_signature=0"), body),
        "other nonce": (query.replace("nonce=nonce", "nonce=other"), body),
        "other token": sealed(corp, xml_of(corp), other_token),
        "foreign corp": sealed(corp, xml_of(corp), foreign),
        "changed body": (query, body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[AAAA")),
        "no Encrypt": (query, b"<xml><A>1</A></xml>"),
        "empty Encrypt": signed(corp, ""),
        "bad base64": signed(corp, "a"),
        "half a block": signed(corp, "QUJDRA=="),
        "broken padding": signed(corp, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="),
    }


KINDS = ["no signature", "bad signature", "other nonce", "other token", "foreign corp", "changed body"]
KINDS += ["no Encrypt", "empty Encrypt", "bad base64", "half a block", "broken padding"]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_not_from_wecom_for_us_gets_the_same_403_and_no_row(kind, corp):
    query, body = refused(corp)[kind]
    assert through(application, "POST", f"/wecom/callback/{corp.corpid}/", query, body) == (403, b"")
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize("corpid", ["wwunknown", "%00", "x" * 500, "‮"])
def test_a_corp_that_is_not_ours_gets_403(corpid, corp):
    query, body = sealed(corp, xml_of(corp))
    assert through(application, "POST", f"/wecom/callback/{corpid}/", query, body)[0] == 403


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="JSON"),
        pytest.param(b"<!DOCTYPE x><xml><Encrypt>1</Encrypt></xml>", id="DTD"),
        pytest.param(b"<xml><Encrypt>1\x00</Encrypt></xml>", id="NUL"),
        pytest.param("<xml><Encrypt>1</Encrypt></xml>".encode("utf-16"), id="UTF-16"),
        pytest.param(b"<xml>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</xml>", id="deep"),
        pytest.param(b"<xml><Encrypt>" + b"a" * 1_000_000 + b"</Encrypt></xml>", id="1 MB"),
    ],
)
def test_what_is_not_wecoms_xml_gets_400_quickly(body, corp):
    began = time.perf_counter()
    assert post(corp, "msg_signature=0&timestamp=1&nonce=n", body) == 400
    assert time.perf_counter() - began < 0.5
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize("xml", ["<!DOCTYPE x><xml><Event>e</Event></xml>", "<xml>", "text", "<xml><A>&#0;</A></xml>"])
def test_a_signed_message_of_hostile_xml_gets_400_and_no_row(xml, corp):
    assert post(corp, *sealed(corp, xml)) == 400
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999", "abc", "65537", "0000000001000000"])
def test_a_length_that_lies_or_is_too_large_is_refused_unread(length, corp):
    query, body = sealed(corp, xml_of(corp))
    assert post(corp, query, body, CONTENT_LENGTH=length) == 400


def test_a_body_without_a_length_is_read_up_to_the_cap(corp):
    query, body = sealed(corp, xml_of(corp))
    assert post(corp, query, body, CONTENT_LENGTH="") == 200
    assert post(corp, query, body + b" " * 70_000, CONTENT_LENGTH="") == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
def test_other_methods_get_405(method, corp):
    assert through(application, method, f"/wecom/callback/{corp.corpid}/")[0] == 405


def test_everything_else_goes_to_django():
    def inner(environ, start_response):
        start_response("404 Not Found", [])
        return [PLAIN]

    app = callback.wrap(inner)
    for path in ("/", "/wecom/callback/", "/wecom/callback", "/wecom/callback/a/b/", "/wecom/callbacks/x/"):
        assert through(app, "GET", path) == (404, PLAIN)


def test_djangos_view_answers_the_same(corp):
    client = Client()
    query, body = sealed(corp, xml_of(corp))
    url = f"/wecom/callback/{corp.corpid}/"
    assert client.post(f"{url}?{query}", body, content_type="text/xml").status_code == 200
    assert InboxEvent.objects.count() == 1
    assert client.post(f"{url}?{query}", b"<xml>", content_type="text/xml").status_code == 400
    assert client.post(url, body, content_type="text/xml").status_code == 403
    assert client.put(url).status_code == 405
    assert client.get(f"{url}?{echo_query(corp, 'echo')}").content == b"echo"


@pytest.mark.django_db(transaction=True)
def test_a_database_that_refuses_answers_500_so_that_wecom_comes_again(corp):
    query, body = sealed(corp, xml_of(corp))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wecom_inboxevent ADD CONSTRAINT disk_full CHECK (userid <> 'lin')")
    try:
        assert through(application, "POST", f"/wecom/callback/{corp.corpid}/", query, body) == (500, b"")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE wecom_inboxevent DROP CONSTRAINT disk_full")
    assert not InboxEvent.objects.exists()
    assert post(corp, query, body) == 200


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_closed_is_replaced(corp):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]

    def kill() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        connection.close()

    keyring.keys_of(corp.corpid)
    thread = threading.Thread(target=kill)
    thread.start()
    thread.join()
    assert send(corp) == 200
    assert InboxEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_event_four_times_at_once_is_one_row(corp):
    query, body = sealed(corp, xml_of(corp))

    def deliver(_: int) -> int:
        try:
            return post(corp, query, body)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(deliver, range(4))) == [200] * 4
    assert InboxEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_answer_is_as_quick(corp, settings):
    from scrm.celery import app  # noqa: PLC0415  the broker's address is read when the app is first used

    before = app.conf.broker_url
    app.conf.broker_url = "redis://127.0.0.1:9/0"
    try:
        began = time.perf_counter()
        assert [send(corp, UserID=f"u{n}") for n in range(20)] == [200] * 20
        assert time.perf_counter() - began < 2
    finally:
        app.conf.broker_url = before


def test_a_new_corp_and_a_replaced_one_are_known_at_once(corp):
    assert send(corp) == 200
    values = {"corpid": corp.corpid, "agentid": 1, "callback_token": corp.callback_token, "aes_key": corp.aes_key}
    InboxEvent.objects.all().delete()
    corp.delete()
    callback.forget()
    assert send(Corp.objects.create(**values)) == 200


def test_the_doctor_learns_which_setting_disagreed(corp):
    callback._noted.clear()
    for kind, culprit in (("other token", "token"), ("broken padding", "aes_key"), ("foreign corp", "corpid")):
        query, body = refused(corp)[kind]
        post(corp, query, body)
        corp.refresh_from_db()
        assert corp.callback_refused_for == culprit
        callback._noted.clear()
    through(application, "GET", f"/wecom/callback/{corp.corpid}/", echo_query(corp, "echo"))
    corp.refresh_from_db()
    assert corp.callback_refused_for == ""


def test_junk_costs_the_database_next_to_nothing(corp, django_assert_num_queries):
    send(corp)
    query, body = refused(corp)["bad signature"]
    post(corp, query, body)
    with django_assert_num_queries(0):
        for _ in range(50):
            assert post(corp, query, body) == 403


def test_an_event_costs_one_statement_outside_the_orm(corp, django_assert_num_queries):
    send(corp)
    with django_assert_num_queries(0):
        send(corp, UserID="wang")
    assert InboxEvent.objects.count() == 2


def test_wechatpy_reads_what_we_read(corp):
    """The envelope that the helper of these tests builds is what WeCom's own library opens."""
    query, body = sealed(corp, xml_of(corp))
    given = dict(part.split("=") for part in query.split("&"))
    opened = crypto_of(corp).decrypt_message(body, given["msg_signature"], given["timestamp"], given["nonce"])
    assert opened == xml_of(corp)
