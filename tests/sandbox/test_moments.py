"""Moments as a stranger's program sees them: documented refusals for what our own client would never send."""

from typing import Any

from tests.sandbox.actors import Corp
from tests.wecom.files import png

IMAGE = {"msgtype": "image", "image": {"media_id": "m"}}


def begin(corp: Corp, **more: Any) -> dict[str, Any]:
    return corp.post("externalcontact/add_moment_task", {"text": {"content": "新品"}, **more})


def moment_of(corp: Corp, jobid: str) -> str:
    corp.advance(3)
    return corp.get("externalcontact/get_moment_task_result", jobid=jobid)["result"]["moment_id"]


def test_limits_of_the_content(corp: Corp) -> None:
    corp.change(limits={"externalcontact/add_moment_task": {"corp_minute": 1000}})
    too_long = [begin(corp, text={"content": text}) for text in ("x" * 2001, "字" * 1334)]
    assert [(one["errcode"], one["errmsg"].split(",")[0]) for one in too_long] == [(45002, "invalid text size")] * 2
    mixed = begin(corp, attachments=[IMAGE, {"msgtype": "video", "video": {"media_id": "m"}}])
    assert (mixed["errcode"], mixed["errmsg"].split(",")[0]) == (41065, "invalid attachments msgtype")
    many = begin(corp, attachments=[IMAGE] * 10)
    assert (many["errcode"], many["errmsg"].split(",")[0]) == (41064, "invalid attachments size")
    assert begin(corp, text={})["errcode"] == 41089
    assert begin(corp, attachments="x")["errcode"] == 40058
    assert begin(corp, visible_range={"sender_list": {"department_list": ["2"]}})["errcode"] == 40058
    media = corp._api(
        "POST",
        "media/upload_attachment",
        {"media_type": "image", "attachment_type": 1},
        fields={"media": ("a.png", png(600, 600))},
    )["media_id"]
    link = {"title": "t" * 65, "url": "https://a.cn", "media_id": media}
    assert begin(corp, attachments=[{"msgtype": "link", "link": link}])["errcode"] == 40058
    assert begin(corp, attachments=[{"msgtype": "link", "link": {"media_id": media}}])["errcode"] == 40063


def test_an_unfinished_job_has_no_result(corp: Corp) -> None:
    job = corp.get("externalcontact/get_moment_task_result", jobid=begin(corp)["jobid"])
    assert job == {"errcode": 0, "errmsg": "ok", "status": 1, "type": "add_moment_task"}
    assert corp.get("externalcontact/get_moment_task_result", jobid="job-gone")["errcode"] == 40035
    assert corp.get("externalcontact/get_moment_task_result")["errcode"] == 40063


def test_a_moment_is_not_there_before_its_job_is_done(corp: Corp) -> None:
    jobid = begin(corp)["jobid"]
    assert corp.look("staff/anna")["moments"] == []
    moment_id = moment_of(corp, jobid)
    (task,) = corp.look("staff/anna")["moments"]
    assert (task["moment_id"], task["open"], task["public"], task["text"]) == (moment_id, True, True, "新品")


def test_who_cannot_serve_customers_is_an_invalid_sender(corp: Corp) -> None:
    senders = {"sender_list": {"user_list": ["anna", "carl", "dora"]}}
    jobid = begin(corp, visible_range=senders)["jobid"]
    corp.advance(3)
    result = corp.get("externalcontact/get_moment_task_result", jobid=jobid)["result"]
    assert result["invalid_sender_list"] == {"user_list": ["carl", "dora"], "department_list": []}


def test_publishing_twice_or_somebody_elses_task_is_refused(corp: Corp) -> None:
    corp.add("anna")
    moment_id = moment_of(corp, begin(corp, visible_range={"sender_list": {"user_list": ["anna"]}})["jobid"])
    assert corp.act("staff/anna/publish", moment_id=moment_id) == {"customers": 1}
    assert "already" in corp.act("staff/anna/publish", 409, moment_id=moment_id)["error"]
    assert "no task" in corp.act("staff/bert/publish", 409, moment_id=moment_id)["error"]


def test_the_windows_of_the_list(corp: Corp) -> None:
    def code(start: int, end: int, **more: Any) -> int:
        return corp.post("externalcontact/get_moment_list", start_time=start, end_time=end, **more)["errcode"]

    assert code(1_700_000_000, 1_700_000_000 + 30 * 86400) == 0
    assert code(1_700_000_000, 1_700_000_000 + 30 * 86400 + 1) == 40058
    assert code(1_700_000_001, 1_700_000_000) == 40058
    assert code(1_700_000_000, 1_700_000_001, filter_type=3) == 40058
    assert code(1_700_000_000, 1_700_000_001, limit=21) == 0
    assert code(1_700_000_000, 1_700_000_001, cursor="none of ours") == 50100


def test_jobs_are_the_apps_own(corp: Corp, make_corp: Any) -> None:
    jobid = begin(corp)["jobid"]
    assert make_corp().get("externalcontact/get_moment_task_result", jobid=jobid)["errcode"] == 40035
