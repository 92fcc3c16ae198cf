"""One customer's page: header, timeline, stage, tags and remark written through to WeCom."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers import panels, timeline
from customers.models import Customer, Event, Follow, FollowStatus, Stage
from scrm.rehearsal.sandbox import Sandbox
from staff.models import AuditEntry, Staff, User
from tags.models import Tag
from tests import cast
from tests.acts import arrive, console_tags, sync
from tests.pages.counting import queries
from wecom import clock
from wecom.client import client_for
from wecom.models import Corp


@pytest.fixture
def desk(operator: User, signed_in) -> Client:
    return signed_in(operator)


@pytest.fixture
def follow(sandbox: Sandbox, corp: Corp, lin: Staff) -> Follow:
    """Somebody whom WeCom knows, too."""
    console_tags(sandbox, "等级", "金", "银")
    arrive(sandbox, "lin", "陈晓")
    sync(corp, "tags", "customers")
    return Follow.objects.get()


def page_of(customer: Customer) -> str:
    return reverse("customer", args=[customer.pk])


def test_a_name_that_turns_the_writing_direction_leaves_the_title_alone(desk: Client, lin: Staff) -> None:
    customer = cast.make_customer(lin, "\u202egnp.exe")
    text = desk.get(page_of(customer)).content.decode()
    assert "<title>\u2068\u202egnp.exe\u2069 · SCRM</title>" in text


def test_shows_profile_follows_and_timeline(desk: Client, zhang: Customer) -> None:
    timeline.record(customer_id=zhang.pk, kind="tagged", detail={"added": ["<b>金</b>"], "removed": []})
    html = desk.get(page_of(zhang)).content.decode()
    for text in ("张三", "林小雨", "&lt;b&gt;金&lt;/b&gt;", zhang.external_userid):
        assert text in html


@pytest.mark.parametrize("who", ["wang_user", "stranger"])
def test_somebody_else_s_customer_is_404(request, signed_in, zhang: Customer, who: str) -> None:
    other = cast.make_user(cast.make_corp(), "stranger", "admin")
    user = other if who == "stranger" else request.getfixturevalue(who)
    client = signed_in(user)
    follow = zhang.follows.get()
    assert client.get(page_of(zhang)).status_code == 404
    assert client.post(reverse("customer_stage", args=[zhang.pk])).status_code == 404
    for name in ("follow_tags", "follow_remark"):
        assert client.get(reverse(name, args=[follow.pk])).status_code == 404
        assert client.post(reverse(name, args=[follow.pk])).status_code == 404


def test_a_colleague_s_lines_are_hidden_from_staff(
    signed_in, lin_user: User, zhang: Customer, lin: Staff, wang: Staff
) -> None:
    cast.make_follow(zhang, wang, remark="王的备注")
    timeline.record(customer_id=zhang.pk, kind="remarked", staff_id=wang.pk, detail={"remark": "秘密"})
    timeline.record(customer_id=zhang.pk, kind="remarked", staff_id=lin.pk, detail={"remark": "自己的"})
    html = signed_in(lin_user).get(page_of(zhang)).content.decode()
    assert "自己的" in html
    assert "秘密" not in html
    assert "王的备注" not in html


def test_one_follow_s_view_shows_its_staff_s_lines(desk: Client, zhang: Customer, lin: Staff, wang: Staff) -> None:
    other = cast.make_follow(zhang, wang)
    for staff in (lin, wang):
        timeline.record(customer_id=zhang.pk, kind="remarked", staff_id=staff.pk, detail={"remark": f"R-{staff}"})
    html = desk.get(page_of(zhang), {"follow": other.pk}).content.decode()
    assert "R-王磊" in html
    assert "R-林小雨" not in html
    assert desk.get(page_of(zhang), {"follow": "\0x"}).status_code == 200


def test_older_lines_come_as_a_fragment(desk: Client, zhang: Customer) -> None:
    for n in range(33):
        at = clock.now() - timedelta(hours=n)
        timeline.record(customer_id=zhang.pk, kind="remarked", at=at, detail={"remark": f"第{n}条"})
    first = desk.get(page_of(zhang))
    older = desk.get(page_of(zhang), {"after": first.context["page"].older}, headers={"HX-Request": "true"})
    html = older.content.decode()
    assert "第32条" in html
    assert "第29条" not in html
    assert "<html" not in html


def test_a_kind_that_nobody_registered_is_shown(desk: Client, zhang: Customer) -> None:
    timeline.record(customer_id=zhang.pk, kind="from_the_future", detail={"x": 1})
    assert "from_the_future" in desk.get(page_of(zhang)).content.decode()


def test_an_upper_app_s_panel_is_a_tab(desk: Client, zhang: Customer, monkeypatch) -> None:
    monkeypatch.setattr(panels, "_panels", {})
    panels.register("groups", "Groups of theirs", "follow_tags")
    html = desk.get(page_of(zhang)).content.decode()
    assert "Groups of theirs" in html
    assert f'hx-get="{reverse("follow_tags", args=[zhang.pk])}"' in html


def test_stage_moves_once_and_leaves_a_fact(desk: Client, corp: Corp, zhang: Customer) -> None:
    stage = Stage.objects.create(corp=corp, key="vip", name="VIP")
    for _twice in range(2):
        answer = desk.post(reverse("customer_stage", args=[zhang.pk]), {"stage": stage.pk})
        assert answer.status_code == 302
    zhang.refresh_from_db()
    assert zhang.stage == stage
    assert Event.objects.filter(customer=zhang, kind="stage").count() == 1
    assert AuditEntry.objects.filter(action="customer.stage").count() == 1
    desk.post(reverse("customer_stage", args=[zhang.pk]), {"stage": ""})
    zhang.refresh_from_db()
    assert zhang.stage is None


def test_a_foreign_or_absent_stage_changes_nothing(desk: Client, zhang: Customer) -> None:
    foreign = Stage.objects.create(corp=cast.make_corp(), key="vip", name="VIP")
    for value in (foreign.pk, "x", 10**30, "\0"):
        assert desk.post(reverse("customer_stage", args=[zhang.pk]), {"stage": value}).status_code == 302
    zhang.refresh_from_db()
    assert zhang.stage is None
    assert desk.get(reverse("customer_stage", args=[zhang.pk])).status_code == 405


def test_tags_are_written_to_wecom_and_here(desk: Client, follow: Follow) -> None:
    gold = Tag.objects.get(name="金")
    answer = desk.post(reverse("follow_tags", args=[follow.pk]), {"tags": [gold.pk]}, follow=True)
    assert "Tags saved" in answer.content.decode()
    (told,) = client_for(follow.corp).customers.get(follow.customer.external_userid).follows
    assert [tag.tag_name for tag in told.tags] == ["金"]
    assert list(follow.tags.all()) == [gold]
    desk.post(reverse("follow_tags", args=[follow.pk]), {})
    assert not follow.tags.exists()


def test_wecom_s_refusal_stands_in_the_form_and_the_choice_survives(desk: Client, zhang: Customer, corp: Corp) -> None:
    tag = cast.make_tag(corp, "金卡")
    follow = zhang.follows.get()
    answer = desk.post(reverse("follow_tags", args=[follow.pk]), {"tags": [tag.pk]})
    html = answer.content.decode()
    assert 'role="alert"' in html
    assert f'value="{tag.pk}" checked' in html
    assert not follow.tags.exists()


def test_a_foreign_tag_is_refused_at_the_field(desk: Client, zhang: Customer) -> None:
    foreign = cast.make_tag(cast.make_corp(), "金卡")
    html = desk.post(reverse("follow_tags", args=[zhang.follows.get().pk]), {"tags": [foreign.pk]}).content.decode()
    assert "field-error" in html


def test_the_remark_is_written_through(desk: Client, follow: Follow) -> None:
    address = reverse("follow_remark", args=[follow.pk])
    assert desk.post(address, {"remark": "老\0客", "description": "喜欢茶"}).status_code == 302
    follow.refresh_from_db()
    assert (follow.remark, follow.description) == ("老客", "喜欢茶")
    (told,) = client_for(follow.corp).customers.get(follow.customer.external_userid).follows
    assert told.remark == "老客"


def test_a_long_remark_is_refused_at_the_field_and_survives(desk: Client, zhang: Customer) -> None:
    follow = zhang.follows.get()
    html = desk.post(reverse("follow_remark", args=[follow.pk]), {"remark": "长" * 21}).content.decode()
    assert "field-error" in html
    assert "长" * 21 in html
    follow.refresh_from_db()
    assert follow.remark == ""


def test_a_lost_follow_cannot_be_edited(desk: Client, lin: Staff) -> None:
    lost = cast.make_customer(lin, "走了", status=FollowStatus.LOST, ended_at=clock.now(), ended_by="customer")
    assert desk.get(reverse("follow_tags", args=[lost.follows.get().pk])).status_code == 404
    assert "Edit tags" not in desk.get(page_of(lost)).content.decode()


def test_the_number_of_queries_does_not_grow(desk: Client, corp: Corp, zhang: Customer) -> None:
    counts = []
    for size in (5, 45):
        for n in range(size):
            staff = cast.make_staff(corp, f"s{size}x{n}")
            cast.make_follow(zhang, staff)
            timeline.record(customer_id=zhang.pk, kind="remarked", staff_id=staff.pk, detail={"remark": str(n)})
        counts.append(queries(desk, page_of(zhang)))
    assert counts[0] == counts[1] <= 16
