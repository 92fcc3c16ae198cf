"""Welcome messages: 20 seconds, one use, none where WeCom gives none."""

import threading
from typing import Any

from tests.sandbox.actors import Corp


def arrive(corp: Corp, **more: Any) -> dict[str, Any]:
    return corp.act("scan", userid="anna", **more)


def welcome(corp: Corp, code: str | None, text: str = "欢迎", **more: Any) -> int:
    return corp.post("externalcontact/send_welcome_msg", welcome_code=code, text={"content": text}, **more)["errcode"]


def test_a_welcome_arrives_verbatim(corp: Corp) -> None:
    scanned = arrive(corp)
    link = {"msgtype": "link", "link": {"title": "新品", "url": "https://example.com/a", "later": 1}}
    assert welcome(corp, scanned["welcome_code"], "欢迎 <b>", attachments=[link]) == 0
    message = corp.messages("welcome")[0]
    assert (message["text"], message["attachments"]) == ("欢迎 <b>", [link])
    assert (message["external_userid"], message["userid"]) == (scanned["external_userid"], "anna")
    entry = corp.look("record")["welcomes"][0]
    assert entry["used"] >= entry["issued"]


def test_a_second_use_is_41051_and_nothing_arrives_twice(corp: Corp) -> None:
    code = arrive(corp)["welcome_code"]
    assert welcome(corp, code) == 0
    assert welcome(corp, code) == 41051
    assert len(corp.messages("welcome")) == 1


def test_after_20_seconds_of_the_virtual_clock_it_is_41050(corp: Corp) -> None:
    early, late = arrive(corp)["welcome_code"], arrive(corp)["welcome_code"]
    corp.advance(15)
    assert welcome(corp, early) == 0
    corp.advance(6)
    assert welcome(corp, late) == 41050
    assert welcome(corp, early) == 41051


def test_unknown_missing_and_foreign_codes(corp: Corp, make_corp: Any) -> None:
    assert welcome(corp, "made-up") == 41050
    assert welcome(corp, None) == 41049
    assert welcome(make_corp(), arrive(corp)["welcome_code"]) == 41050


def test_a_customer_who_has_written_needs_no_welcome(corp: Corp) -> None:
    scanned = arrive(corp)
    corp.act(f"customers/{scanned['external_userid']}/chat", userid="anna")
    assert welcome(corp, scanned["welcome_code"]) == 41051


def test_two_calls_at_once_one_gets_41096(corp: Corp) -> None:
    code = arrive(corp)["welcome_code"]
    corp.change(latency=0.3)
    corp.access_token()
    results: list[int] = []
    calls = [threading.Thread(target=lambda: results.append(welcome(corp, code))) for _ in range(2)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert sorted(results) == [0, 41096]


def test_the_half_events_code_counts_for_the_whole_friendship(corp: Corp) -> None:
    used = arrive(corp, half=True)
    assert welcome(corp, used["welcome_code"]) == 0
    path = f"customers/{used['external_userid']}/confirm_half"
    assert corp.act(path, userid="anna")["welcome_code"] is None
    unused = arrive(corp, half=True)
    code = corp.act(f"customers/{unused['external_userid']}/confirm_half", userid="anna")["welcome_code"]
    assert welcome(corp, code) == 0


def test_empty_and_oversized_welcomes(corp: Corp) -> None:
    code = arrive(corp)["welcome_code"]
    assert welcome(corp, code, "") == 40063
    assert welcome(corp, code, "字" * 1334) == 45002
    assert welcome(corp, code, "字" * 1333) == 0


def test_who_left_meanwhile_gets_nothing(corp: Corp) -> None:
    scanned = arrive(corp)
    corp.act(f"customers/{scanned['external_userid']}/delete_staff", userid="anna")
    assert welcome(corp, scanned["welcome_code"]) == 84061


def test_a_member_with_a_welcome_of_the_console_gets_no_codes(corp: Corp) -> None:
    corp.act("staff/anna/greeting", text="您好，我是安娜")
    assert arrive(corp)["welcome_code"] is None
    assert [message["text"] for message in corp.messages("welcome")] == ["您好，我是安娜"]
    corp.act("staff/anna/greeting", text="您好", away=True)
    assert arrive(corp)["welcome_code"] is None
    assert len(corp.messages("welcome")) == 1
    corp.act("staff/anna/greeting")
    assert arrive(corp)["welcome_code"]
