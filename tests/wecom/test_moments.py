"""Moments: the client and the sandbox agree on every call, on the limits and on the documented refusals."""

from datetime import timedelta

import pytest
from requests import HTTPError

from tests.wecom.files import mp4, png
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError

IMAGE = {"msgtype": "image", "image": {"media_id": "m"}}
VIDEO = {"msgtype": "video", "video": {"media_id": "m"}}
LINK = {"msgtype": "link", "link": {"title": "t", "url": "https://a.cn", "media_id": "m"}}


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


@pytest.fixture
def friend(sandbox) -> str:
    """A customer of Lin's."""
    return arrive(sandbox, "lin")


def arrive(sandbox, userid: str) -> str:
    return sandbox.corp("POST", "scan", userid=userid, name="客户")["external_userid"]


def made(wecom, sandbox, **task) -> str:
    """The moment_id of a finished job."""
    jobid = wecom.moments.create(**{"text": "新品", **task})
    sandbox.advance(3)
    return wecom.moments.job(jobid).result.moment_id


def refusal(call) -> tuple[int | None, ErrorKind]:
    with pytest.raises(WeComError) as error:
        call()
    return error.value.errcode, error.value.kind


def publish(sandbox, moment_id: str, userid: str = "lin") -> int:
    return sandbox.corp("POST", f"staff/{userid}/publish", moment_id=moment_id)["customers"]


def test_a_job_starts_runs_and_is_done(wecom, sandbox, friend):
    jobid = wecom.moments.create(text="新品", senders=["lin"])
    assert (wecom.moments.job(jobid).status, wecom.moments.job(jobid).is_done) == (1, False)
    sandbox.advance(1)
    assert wecom.moments.job(jobid).status == 2
    sandbox.advance(2)
    job = wecom.moments.job(jobid)
    assert (job.status, job.is_done, job.type, job.result.errcode) == (3, True, "add_moment_task", 0)
    assert job.result.moment_id.startswith("mom")


def test_a_job_is_forgotten_after_24_hours(wecom, sandbox, friend):
    jobid = wecom.moments.create(text="新品")
    sandbox.advance(86_390)
    assert wecom.moments.job(jobid).is_done
    sandbox.advance(20)
    assert refusal(lambda: wecom.moments.job(jobid))[1] is ErrorKind.PERMANENT


def test_who_and_what_was_passed_over_is_named(wecom, sandbox, friend):
    jobid = wecom.moments.create(text="新品", senders=["lin", "nobody"], departments=[3, 99], tags=["et-gone"])
    sandbox.advance(3)
    result = wecom.moments.job(jobid).result
    assert (result.errcode, result.invalid_sender_list.user_list) == (0, ("nobody",))
    assert result.invalid_sender_list.department_list == (99,)
    assert result.invalid_external_contact_list.tag_list == ("et-gone",)
    assert [task.userid for task in wecom.moments.tasks(result.moment_id)] == ["lin", "wang"]


def test_a_job_without_anybody_fails_by_itself(wecom, sandbox):
    jobs = [wecom.moments.create(text="x", senders=["nobody"]), wecom.moments.create(text="x", tags=["et-gone"])]
    sandbox.advance(3)
    results = [wecom.moments.job(jobid).result for jobid in jobs]
    assert [(result.errcode, result.moment_id) for result in results] == [(40031, ""), (41048, "")]


def test_nothing_is_published_before_the_staff_confirms(wecom, sandbox, friend):
    moment_id = made(wecom, sandbox, senders=["lin"])
    assert [(task.userid, task.publish_status) for task in wecom.moments.tasks(moment_id)] == [("lin", 0)]
    assert refusal(lambda: list(wecom.moments.customers(moment_id, "lin"))) == (41062, ErrorKind.PERMANENT)
    assert sandbox.corp("GET", f"customers/{friend}")["moments"] == []
    assert publish(sandbox, moment_id) == 1
    assert [task.publish_status for task in wecom.moments.tasks(moment_id)] == [1]
    seen = [(row.userid, row.external_userid) for row in wecom.moments.customers(moment_id, "lin")]
    assert seen == [("lin", friend)]
    (post,) = sandbox.corp("GET", f"customers/{friend}")["moments"]
    assert (post["moment_id"], post["userid"], post["text"]) == (moment_id, "lin", "新品")


def test_without_a_range_everybody_in_the_apps_range_is_asked(wecom, sandbox):
    moment_id = made(wecom, sandbox)
    assert {task.userid for task in wecom.moments.tasks(moment_id)} == {"lin", "wang"}


def test_tags_alone_ask_the_followers_and_show_it_to_the_tagged(wecom, sandbox, friend):
    other = arrive(sandbox, "lin")
    arrive(sandbox, "wang")
    (gold,) = wecom.tags.add(group_name="等级", tags=["金"]).tag
    wecom.tags.mark("lin", friend, add=[gold.id])
    moment_id = made(wecom, sandbox, tags=[gold.id])
    assert [task.userid for task in wecom.moments.tasks(moment_id)] == ["lin"]
    assert publish(sandbox, moment_id) == 1
    assert sandbox.corp("GET", f"customers/{other}")["moments"] == []
    both = made(wecom, sandbox, senders=["lin", "wang"], tags=[gold.id])
    assert {task.userid for task in wecom.moments.tasks(both)} == {"lin", "wang"}
    assert (publish(sandbox, both, "lin"), publish(sandbox, both, "wang")) == (1, 0)
    now = sandbox.now()
    kinds = {post.moment_id: post.visible_type for post in wecom.moments.list(now - timedelta(hours=1), now)}
    assert kinds == {moment_id: 0, both: 0}


def test_who_left_was_chosen_but_cannot_see_it(wecom, sandbox, friend):
    gone = arrive(sandbox, "lin")
    sandbox.corp("POST", f"customers/{gone}/delete_staff", userid="lin")
    moment_id = made(wecom, sandbox, senders=["lin"])
    publish(sandbox, moment_id)
    assert [row.external_userid for row in wecom.moments.customers(moment_id, "lin")] == [friend, gone]
    assert [row.external_userid for row in wecom.moments.recipients(moment_id, "lin")] == [friend]


def test_comments_and_likes_say_who_and_never_what(wecom, sandbox, friend):
    moment_id = made(wecom, sandbox, senders=["lin"])
    publish(sandbox, moment_id)
    deed = {"moment_id": moment_id, "userid": "lin"}
    sandbox.corp("POST", f"customers/{friend}/react", **deed, kind="comment")
    sandbox.corp("POST", f"customers/{friend}/react", **deed, kind="like")
    sandbox.corp("POST", "staff/wang/react", **deed, kind="comment")
    reactions = wecom.moments.reactions(moment_id, "lin")
    assert [(one.external_userid, one.userid) for one in reactions.comment_list] == [(friend, ""), ("", "wang")]
    assert [one.external_userid for one in reactions.like_list] == [friend]
    assert all(one.create_time > 0 for one in reactions.comment_list)
    with pytest.raises(HTTPError, match="cannot see"):
        sandbox.corp("POST", f"customers/{arrive(sandbox, 'wang')}/react", **deed)


def test_a_cancelled_task_stops_what_is_not_published(wecom, sandbox, friend):
    moment_id = made(wecom, sandbox)
    publish(sandbox, moment_id, "lin")
    wecom.moments.cancel(moment_id)
    with pytest.raises(HTTPError, match="cancelled"):
        publish(sandbox, moment_id, "wang")
    assert {task.userid: task.publish_status for task in wecom.moments.tasks(moment_id)} == {"lin": 1, "wang": 0}
    assert len(sandbox.corp("GET", f"customers/{friend}")["moments"]) == 1


def test_the_list_knows_corp_and_personal_and_forgets_what_was_deleted(wecom, sandbox, friend):
    of_corp = made(wecom, sandbox)
    own = sandbox.corp("POST", "staff/lin/post", text="我的")["moment_id"]
    now = sandbox.now()

    def listed(**more):
        return [post.moment_id for post in wecom.moments.list(now - timedelta(days=1), now, **more)]

    assert listed() == [of_corp, own]
    assert (listed(filter_type=0), listed(filter_type=1), listed(creator="lin")) == ([of_corp], [own], [own])
    assert listed(creator="wang") == []
    (post,) = wecom.moments.list(now - timedelta(days=1), now, filter_type=1)
    assert (post.creator, post.create_type, post.visible_type, post.text.content) == ("lin", 1, 1, "我的")
    assert refusal(lambda: list(wecom.moments.tasks(own)))[0] == 41067
    sandbox.corp("POST", "staff/lin/delete_post", moment_id=own)
    assert listed() == [of_corp]
    assert refusal(lambda: wecom.moments.reactions(own, "lin")) == (41060, ErrorKind.GONE)


def test_pages_of_twenty_are_walked(wecom, sandbox):
    own = [sandbox.corp("POST", "staff/lin/post", text=f"{n}")["moment_id"] for n in range(23)]
    now = sandbox.now()
    assert [post.moment_id for post in wecom.moments.list(now - timedelta(hours=1), now)] == own
    assert sandbox.corp("GET", "calls")["externalcontact/get_moment_list"]["calls"] == 2


def test_pictures_a_video_or_a_link(wecom, sandbox, friend):
    picture = wecom.media.upload_attachment("image", "a.png", png(600, 600)).media_id
    film = wecom.media.upload_attachment("video", "a.mp4", mp4(12)).media_id
    attachments = {
        "image": {"media_id": picture},
        "video": {"media_id": film},
        "link": {"title": "标题", "url": "https://a.cn/x", "media_id": picture},
    }
    made_of = {
        kind: made(wecom, sandbox, text="", attachments=[{"msgtype": kind, kind: part}])
        for kind, part in attachments.items()
    }
    now = sandbox.now()
    posts = {post.moment_id: post for post in wecom.moments.list(now - timedelta(hours=1), now)}
    assert [image.media_id for image in posts[made_of["image"]].image] == [picture]
    assert posts[made_of["video"]].video.media_id == film
    assert (posts[made_of["link"]].link.title, posts[made_of["link"]].link.url) == ("标题", "https://a.cn/x")


def test_files_of_other_purposes_are_refused(wecom, sandbox, friend):
    ordinary = wecom.media.upload("image", "a.png", png(600, 600)).media_id
    film = wecom.media.upload_attachment("video", "a.mp4", mp4(12)).media_id
    album = wecom.media.upload_attachment("image", "a.png", png(600, 600), purpose=2).media_id

    def code(media_id):
        image = {"msgtype": "image", "image": {"media_id": media_id}}
        return refusal(lambda: wecom.moments.create(attachments=[image]))[0]

    assert [code(media_id) for media_id in (ordinary, album, film, "gone")] == [41072, 41072, 40004, 40007]


def test_who_asks_for_somebody_elses_post(wecom, sandbox, friend):
    moment_id = made(wecom, sandbox, senders=["lin"])
    assert refusal(lambda: list(wecom.moments.customers(moment_id, "wang"))) == (41061, ErrorKind.PERMANENT)
    assert refusal(lambda: list(wecom.moments.recipients("mom-gone", "lin"))) == (41060, ErrorKind.GONE)
    assert refusal(lambda: wecom.moments.cancel("mom-gone")) == (41060, ErrorKind.GONE)
    assert refusal(lambda: wecom.moments.cancel("")) == (41059, ErrorKind.PERMANENT)


def test_limits_of_jobs(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, moment_jobs=2)
    for _ in range(2):
        wecom.moments.create(text="x")
    assert refusal(lambda: wecom.moments.create(text="x")) == (41078, ErrorKind.QUOTA)
    sandbox.advance(4)
    wecom.moments.create(text="x")
    sandbox.call("POST", "corps", corpid=corp.corpid, moments=False)
    assert refusal(lambda: wecom.moments.create(text="x")) == (41211, ErrorKind.CONFIG)


def test_ten_jobs_a_minute_and_so_many_a_month(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, moment_jobs=100)
    sandbox.advance(60 - sandbox.now().second)  # WeCom counts by the minute of the clock
    for _ in range(10):
        wecom.moments.create(text="x")
    assert refusal(lambda: wecom.moments.create(text="x")) == (45009, ErrorKind.LIMIT)


def test_the_months_cap(wecom, sandbox, corp):
    limits = {"externalcontact/add_moment_task": {"corp_month": 1}}
    sandbox.call("POST", "corps", corpid=corp.corpid, limits=limits)
    wecom.moments.create(text="x")
    assert refusal(lambda: wecom.moments.create(text="x")) == (41210, ErrorKind.QUOTA)


def test_a_moment_being_handed_out_is_asked_for_later(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, dispatch_seconds=30)
    moment_id = made(wecom, sandbox)
    assert refusal(lambda: list(wecom.moments.tasks(moment_id))) == (41079, ErrorKind.RETRY)
    sandbox.advance(31)
    assert len(list(wecom.moments.tasks(moment_id))) == 2


REFUSED_BEFORE_THE_CALL = {
    "text and attachments are both empty": {},
    "text.content has 2001 characters": {"text": "x" * 2001},
    "text.content has 4002 bytes": {"text": "字" * 1334},
    "images only, or one video, or one link": {"attachments": [IMAGE, VIDEO]},
    "images only, or one video, or one link .permanent": {
        "attachments": [{"msgtype": "file", "file": {"media_id": "m"}}]
    },
    "attachments has 10 entries": {"attachments": [IMAGE] * 10},
    "attachments has 2 entries": {"attachments": [LINK] * 2},
    r"attachments\[0\].link.title has 65 characters": {
        "attachments": [{"msgtype": "link", "link": LINK["link"] | {"title": "t" * 65}}]
    },
    r"attachments\[0\].link.url is missing": {"attachments": [{"msgtype": "link", "link": {"media_id": "m"}}]},
    r"attachments\[0\].video.media_id is missing": {"attachments": [{"msgtype": "video", "video": {}}]},
    "user_list has 100001 entries": {"text": "x", "senders": ["u"] * 100_001},
}


@pytest.mark.parametrize("problem", REFUSED_BEFORE_THE_CALL)
def test_what_wecom_would_refuse_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as error:
        client.moments.create(**REFUSED_BEFORE_THE_CALL[problem])
    assert error.value.kind is ErrorKind.PERMANENT
    assert played.asked == []


def test_more_than_30_days_are_not_asked_for(client, played, sandbox):
    now = sandbox.now()
    with pytest.raises(WeComError, match="30 days"):
        list(client.moments.list(now - timedelta(days=31), now))
    assert played.asked == []
