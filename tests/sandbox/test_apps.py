"""Several apps of one corp: each has its own token, callbacks, visible range and objects."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.actors import AES_KEY, TOKEN, Corp, Receiver
from wecom.sandbox import crypto

OTHER_KEY = "PONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcbaA"
SERVICE = {"departments": [3]}  # Bert's department; anna's is 2, above it


@pytest.fixture
def other_receiver() -> Iterator[Receiver]:
    receiver = Receiver(OTHER_KEY)
    yield receiver
    receiver.close()


def code(answer: dict[str, Any]) -> int:
    return int(answer["errcode"])


def test_each_secret_has_a_token_of_its_own(corp: Corp) -> None:
    other = corp.app()
    assert corp.access_token() != other.access_token()
    corp.act("expire_token", agentid=1000003)
    assert code(corp.get("getcallbackip")) == 0
    assert code(other.get("getcallbackip")) == 42001


def test_calls_go_to_the_app_whose_token_it_is(corp: Corp) -> None:
    other = corp.app()
    body = {"touser": "anna", "msgtype": "text", "text": {"content": "x"}}
    assert code(other.post("message/send", agentid=1000003, **body)) == 0
    assert code(other.post("message/send", agentid=1000002, **body)) != 0


def test_an_app_sees_only_the_members_in_its_range(corp: Corp) -> None:
    service = corp.app(visible_range=SERVICE)
    one = corp.app(1000004, visible_range={"userids": ["ANNA"]})
    assert corp.get("externalcontact/get_follow_user_list")["follow_user"] == ["anna", "Bert"]
    assert service.get("externalcontact/get_follow_user_list")["follow_user"] == ["Bert"]
    assert one.get("externalcontact/get_follow_user_list")["follow_user"] == ["anna"]
    assert code(service.get("user/get", userid="anna")) == 60111
    assert code(service.get("user/get", userid="bert")) == 0


def test_a_range_includes_the_departments_below(corp: Corp) -> None:
    shops = corp.app(visible_range={"departments": [2]})
    assert [row["id"] for row in shops.get("department/simplelist")["department_id"]] == [2, 3]
    assert shops.get("externalcontact/get_follow_user_list")["follow_user"] == ["anna", "Bert"]


def test_departments_outside_the_range_are_60011(corp: Corp) -> None:
    service = corp.app(visible_range=SERVICE)
    assert [row["id"] for row in service.get("department/list")["department"]] == [3]
    assert code(service.get("department/list", id=2)) == 60011
    assert code(service.get("user/simplelist", department_id=2)) == 60011
    assert code(service.get("user/simplelist", department_id=99)) == 60003


def test_customers_show_with_the_followers_in_the_range(corp: Corp) -> None:
    service = corp.app(visible_range=SERVICE)
    both, annas = corp.add("anna"), corp.add("anna")
    corp.add("bert", external_userid=both)
    seen = service.get("externalcontact/get", external_userid=both)["follow_user"]
    assert [row["userid"] for row in seen] == ["Bert"]
    assert code(service.get("externalcontact/get", external_userid=annas)) == 40096
    assert code(service.get("externalcontact/list", userid="anna")) == 60111
    assert code(service.post("externalcontact/batch/get_by_user", userid_list=["bert", "anna"])) == 60111


def test_who_is_not_friends_with_anybody_is_84061_not_40096(corp: Corp) -> None:
    half = corp.add("anna", half=True)
    assert code(corp.get("externalcontact/get", external_userid=half)) == 84061


def test_mass_sends_reach_customers_of_members_in_the_range(corp: Corp) -> None:
    service = corp.app(visible_range=SERVICE)
    annas, berts = corp.add("anna"), corp.add("bert")
    text = {"text": {"content": "x"}}
    answer = service.post("externalcontact/add_msg_template", {"external_userid": [annas, berts], **text})
    assert (answer["errcode"], answer["fail_list"]) == (0, [annas])
    assert code(service.post("externalcontact/add_msg_template", {"external_userid": [annas], **text})) == 41048
    assert code(service.post("externalcontact/add_msg_template", {"sender": "anna", **text})) == 60111


def test_app_messages_reach_members_in_the_range(corp: Corp) -> None:
    service = corp.app(visible_range=SERVICE)
    body = {"agentid": 1000003, "touser": "anna|Bert", "msgtype": "text", "text": {"content": "x"}}
    assert service.post("message/send", body)["invaliduser"] == "anna"


def test_a_new_range_and_new_members_count_at_once(corp: Corp) -> None:
    service = corp.app(visible_range=SERVICE)
    corp.change(staff=[{"userid": "emil", "name": "埃米尔", "department": [3]}])
    assert service.get("externalcontact/get_follow_user_list")["follow_user"] == ["Bert", "emil"]
    corp.act("apps", agentid=1000003, visible_range={"departments": [], "userids": ["anna"]})
    assert service.get("externalcontact/get_follow_user_list")["follow_user"] == ["anna"]
    corp.change(staff=[{"userid": "anna", "name": "安娜", "department": [2], "visible": False}])
    assert service.get("externalcontact/get_follow_user_list")["follow_user"] == []


def test_only_apps_in_the_customer_list_may_use_customers_and_hear_of_them(
    heard: Corp, receiver: Receiver, other_receiver: Receiver
) -> None:
    outside = heard.app(customer_api=False, callback_url=other_receiver.url, aes_key=OTHER_KEY)
    assert code(outside.get("externalcontact/get_follow_user_list")) == 48002
    assert code(outside.get("department/simplelist")) == 0
    heard.add("anna")
    receiver.wait(1)
    heard.control("tasks/run")
    assert other_receiver.events == []


def test_each_app_with_a_callback_url_gets_the_event_in_its_own_crypto(
    heard: Corp, receiver: Receiver, other_receiver: Receiver
) -> None:
    heard.app(callback_url=other_receiver.url, aes_key=OTHER_KEY, token="otherToken")
    heard.act("staff/anna/edit", external_userid=heard.add("anna"), remark="新")
    receiver.wait(2)
    other_receiver.wait(2)
    assert receiver.changes() == other_receiver.changes() == ["add_external_contact", "edit_external_contact"]
    for where, token in ((receiver, TOKEN), (other_receiver, "otherToken")):
        query, encrypted = where.requests[0]["query"], where.requests[0]["outer"]["Encrypt"]
        signed = crypto.signature(token, query["timestamp"], query["nonce"], encrypted)
        assert query["msg_signature"] == signed


def test_a_dead_callback_url_does_not_hold_up_the_other_apps(heard: Corp, receiver: Receiver) -> None:
    heard.app(callback_url="http://127.0.0.1:9/dead")
    heard.change(callback_retry=60)
    for _ in range(3):
        heard.add("anna")
    assert len(receiver.wait(3)) == 3


def test_events_come_only_for_members_in_the_range(heard: Corp, receiver: Receiver, other_receiver: Receiver) -> None:
    heard.app(callback_url=other_receiver.url, aes_key=OTHER_KEY, visible_range=SERVICE)
    heard.add("anna")
    heard.act("groups", owner="anna", name="安娜的群")
    heard.add("bert")
    receiver.wait(3)
    assert [event["UserID"] for event in other_receiver.wait(1)] == ["Bert"]


def test_each_app_has_a_welcome_code_and_the_first_one_wins(
    heard: Corp, receiver: Receiver, other_receiver: Receiver
) -> None:
    other = heard.app(callback_url=other_receiver.url, aes_key=OTHER_KEY)
    heard.add("anna")
    first, second = receiver.wait(1)[0]["WelcomeCode"], other_receiver.wait(1)[0]["WelcomeCode"]
    text = {"text": {"content": "欢迎"}}
    assert first != second
    assert code(heard.post("externalcontact/send_welcome_msg", {"welcome_code": second, **text})) == 41050
    assert code(other.post("externalcontact/send_welcome_msg", {"welcome_code": second, **text})) == 0
    assert code(heard.post("externalcontact/send_welcome_msg", {"welcome_code": first, **text})) == 41051
    assert len(heard.messages("welcome")) == 1


def test_while_one_app_sends_the_welcome_the_other_gets_41096(
    heard: Corp, receiver: Receiver, other_receiver: Receiver
) -> None:
    other = heard.app(callback_url=other_receiver.url, aes_key=OTHER_KEY)
    heard.add("anna")
    codes = [(heard, receiver.wait(1)[0]["WelcomeCode"]), (other, other_receiver.wait(1)[0]["WelcomeCode"])]
    for app, _ in codes:
        app.access_token()
    heard.change(latency=0.3)
    results: list[int] = []

    def welcome(app: Corp, welcome_code: str) -> None:
        body = {"welcome_code": welcome_code, "text": {"content": "欢迎"}}
        results.append(code(app.post("externalcontact/send_welcome_msg", body)))

    threads = [threading.Thread(target=welcome, args=pair) for pair in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 41096]


def test_tags_of_another_app_are_read_only(corp: Corp) -> None:
    other = corp.app()
    group = corp.post("externalcontact/add_corp_tag", group_name="等级", tag=[{"name": "VIP"}])["tag_group"]
    tag = group["tag"][0]["id"]
    assert other.post("externalcontact/get_corp_tag_list", {})["tag_group"] == [group]
    assert code(other.post("externalcontact/edit_corp_tag", id=tag, name="x")) == 81011
    assert code(other.post("externalcontact/edit_corp_tag", id=group["group_id"], name="x")) == 81011
    assert code(other.post("externalcontact/del_corp_tag", tag_id=[tag])) == 81011
    customer = corp.add("anna")
    mark = {"userid": "anna", "external_userid": customer, "add_tag": [tag]}
    assert code(other.post("externalcontact/mark_tag", mark)) == 0
    assert code(corp.post("externalcontact/edit_corp_tag", id=tag, name="SVIP")) == 0


def test_contact_ways_of_another_app_do_not_exist(corp: Corp) -> None:
    other = corp.app()
    config_id = corp.post("externalcontact/add_contact_way", type=1, scene=2, user=["anna"])["config_id"]
    assert code(other.post("externalcontact/get_contact_way", config_id=config_id)) == 41044
    assert code(other.post("externalcontact/update_contact_way", config_id=config_id, remark="x")) == 41044
    assert code(other.post("externalcontact/del_contact_way", config_id=config_id)) == 41044
    assert other.post("externalcontact/list_contact_way", {})["contact_way"] == []
    assert corp.post("externalcontact/list_contact_way", {})["contact_way"] == [{"config_id": config_id}]


def test_cursors_belong_to_the_app(corp: Corp) -> None:
    other = corp.app()
    for _ in range(2):
        corp.add("anna")
    body = {"userid_list": ["anna"], "limit": 1}
    cursor = corp.post("externalcontact/batch/get_by_user", body)["next_cursor"]
    assert code(other.post("externalcontact/batch/get_by_user", {**body, "cursor": cursor})) == 50100


def test_trusted_addresses_are_the_apps_own(corp: Corp) -> None:
    other = corp.app(trusted_ips=["203.0.113.7"])
    assert code(other.get("getcallbackip")) == 60020
    assert code(corp.get("getcallbackip")) == 0


def test_the_corp_shows_its_apps_the_first_one_first(corp: Corp) -> None:
    corp.app(name="第二个应用", visible_range=SERVICE)
    first, second = corp.look("apps")["apps"]
    assert (first["agentid"], second["agentid"], second["name"]) == (1000002, 1000003, "第二个应用")
    assert second["visible_range"] == {"departments": [3], "userids": []}
    shown = next(one for one in corp.see("corps")["corps"] if one["corpid"] == corp.corpid)
    assert shown["apps"] == [first, second]
    assert (shown["agentid"], shown["secret"]) == (first["agentid"], first["secret"])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"agentid": None}, "agentid"),
        ({"agentid": 1000003, "secret": ""}, "secret"),
        ({"aes_key": "short"}, "aes_key"),
        ({"callback_url": "ftp://x"}, "callback_url"),
        ({"visible_range": {"departments": ["2"]}}, "departments"),
        ({"visible_range": {"people": []}}, "people"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_apps_are_refused_with_the_field(corp: Corp, change: dict[str, Any], word: str) -> None:
    body = {"agentid": 1000003, "secret": "s", "token": "t", "aes_key": AES_KEY, **change}
    assert word in corp.act("apps", 400, **body)["error"]
    assert len(corp.look("apps")["apps"]) == 1


def test_two_apps_cannot_share_a_secret_or_an_agentid(corp: Corp) -> None:
    body = {"token": "t", "aes_key": AES_KEY}
    assert "secret" in corp.act("apps", 400, agentid=7, secret=corp.secret, **body)["error"]
    corp.app(7)
    assert "agentid" in corp.control("corps", 400, corpid=corp.corpid, agentid=7)["error"]


def test_a_removed_app_can_do_nothing_any_more_and_the_last_one_stays(corp: Corp) -> None:
    other = corp.app()
    other.access_token()
    assert corp.request("DELETE", f"/sandbox/api/corps/{corp.corpid}/apps/1000003").status == 200
    assert code(other.get("getcallbackip")) == 40014
    assert other.fetch_token()["errcode"] == 40001
    assert corp.request("DELETE", f"/sandbox/api/corps/{corp.corpid}/apps/1000003").status == 404
    assert corp.request("DELETE", f"/sandbox/api/corps/{corp.corpid}/apps/1000002").status == 400
