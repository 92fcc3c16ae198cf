"""The tags page: counts, and writing to WeCom."""

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import FollowStatus, FollowTag
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff, User
from tags.models import Tag, TagGroup
from tests import cast
from tests.acts import console_tags, sync
from wecom import clock
from wecom.client import client_for
from wecom.models import Corp


@pytest.fixture
def desk(operator: User, signed_in) -> Client:
    return signed_in(operator)


def carry(staff: Staff, tag: Tag, **follow: object) -> None:
    customer = cast.make_customer(staff, **follow)
    FollowTag.objects.create(follow=customer.follows.get(), tag=tag)


def test_counts_customers_who_carry_a_tag_now(desk: Client, signed_in, lin_user: User, wang: Staff) -> None:
    tag = cast.make_tag(wang.corp, "金卡")
    carry(lin_user.staff, tag)
    carry(wang, tag)
    carry(wang, tag, status=FollowStatus.LOST, ended_at=clock.now(), ended_by="customer")

    def carriers(client: Client) -> int:
        (group,) = client.get("/tags/").context["groups"]
        return group.tags.all()[0].carriers

    assert carriers(desk) == 2
    assert carriers(signed_in(lin_user)) == 1


def test_staff_may_look_and_not_touch(signed_in, lin_user: User, corp: Corp) -> None:
    tag = cast.make_tag(corp, "金卡")
    client = signed_in(lin_user)
    assert "New group" not in client.get("/tags/").content.decode()
    for name, args in (("tag_group_new", []), ("tag_new", [tag.group_id]), ("tag_rename", [tag.pk])):
        assert client.get(reverse(name, args=args)).status_code == 403
    assert client.post(reverse("tag_delete", args=[tag.pk])).status_code == 403


def test_another_corp_s_tag_is_404(desk: Client) -> None:
    tag = cast.make_tag(cast.make_corp(), "金卡")
    for name, pk in (("tag_rename", tag.pk), ("tag_delete", tag.pk), ("tag_group_delete", tag.group_id)):
        assert desk.post(reverse(name, args=[pk]), {"name": "x"}).status_code == 404


def test_a_group_is_made_renamed_and_deleted_at_wecom_too(desk: Client, sandbox: Sandbox, corp: Corp) -> None:
    answer = desk.post(reverse("tag_group_new"), {"name": "兴趣", "tags": "茶\n咖啡\n\n茶"}, follow=True)
    assert "Group created" in answer.content.decode()
    group = TagGroup.objects.get()
    assert {tag.name for tag in group.tags.all()} == {"茶", "咖啡"}
    desk.post(reverse("tag_group_rename", args=[group.pk]), {"name": "爱好"})
    desk.post(reverse("tag_new", args=[group.pk]), {"tags": "书"})
    (told,) = client_for(corp).tags.list()
    assert (told.group_name, {tag.name for tag in told.tag}) == ("爱好", {"茶", "咖啡", "书"})
    asked = desk.get(reverse("tag_group_delete", args=[group.pk])).content.decode()
    assert "茶" in asked
    assert desk.post(reverse("tag_group_delete", args=[group.pk])).status_code == 302
    assert client_for(corp).tags.list() in ([], ())
    assert desk.post(reverse("tag_group_delete", args=[group.pk])).status_code == 404


def test_what_wecom_s_console_made_is_read_only_with_the_reason(desk: Client, sandbox: Sandbox, corp: Corp) -> None:
    console_tags(sandbox, "等级", "金")
    sync(corp, "tags")
    tag = Tag.objects.get()
    html = desk.get("/tags/").content.decode()
    assert "only an admin of WeCom can change it" in html
    assert reverse("tag_delete", args=[tag.pk]) not in html
    answer = desk.post(reverse("tag_rename", args=[tag.pk]), {"name": "银"})
    assert 'role="alert"' in answer.content.decode()
    assert desk.post(reverse("tag_delete", args=[tag.pk])).status_code == 409
    assert Tag.objects.live().get().name == "金"


@pytest.mark.parametrize(
    "form", [{"name": "", "tags": "茶"}, {"name": "兴趣", "tags": " \n "}, {"name": "长" * 31, "tags": "茶"}, {}]
)
def test_bad_input_is_refused_at_the_field(desk: Client, corp: Corp, form: dict[str, str]) -> None:
    html = desk.post(reverse("tag_group_new"), form).content.decode()
    assert "field-error" in html
    assert not TagGroup.objects.exists()


def test_what_was_typed_survives_wecom_s_refusal(desk: Client, corp: Corp) -> None:
    html = desk.post(reverse("tag_group_new"), {"name": "<兴趣>", "tags": "茶"}).content.decode()
    assert 'role="alert"' in html
    assert 'value="&lt;兴趣&gt;"' in html


def test_a_dialog_gets_the_form_alone(desk: Client, corp: Corp) -> None:
    html = desk.get(reverse("tag_group_new"), headers={"HX-Request": "true"}).content.decode()
    assert html.strip().startswith("<form")


def test_wrong_methods(desk: Client, corp: Corp) -> None:
    assert desk.post("/tags/").status_code == 405
    assert desk.put(reverse("tag_group_new")).status_code == 405
