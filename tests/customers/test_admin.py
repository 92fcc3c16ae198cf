"""Support's view of staff, tags, customers and groups: every list and row opens."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from customers import digests, timeline
from customers.models import ContactWay, Customer, Digest, Event, Follow, Segment, Stage, Welcome
from groups.models import GroupChat, GroupMember
from staff.models import AuditEntry, Department, Role, Staff, User
from tags.models import Tag, TagGroup
from tests import cast
from wecom import clock
from wecom.models import Corp

SignIn = Callable[[User], Client]
LOOKED_AT = [
    *(Department, Staff, AuditEntry, Tag, TagGroup, Customer, Follow, Digest, Event, ContactWay, Welcome, Segment),
    *(GroupChat, GroupMember),
]


@pytest.fixture
def furnished(corp: Corp, lin: Staff, zhang: Customer, admin: User) -> Corp:
    now = clock.now()
    cast.make_tag(corp, "金")
    digests.refresh(corp=corp)
    timeline.record(customer_id=zhang.pk, kind="added", staff_id=lin.pk)
    AuditEntry.write(admin, "test", zhang)
    way = ContactWay.objects.create(corp=corp, name="门口", state="door")
    Welcome.objects.create(corp=corp, customer=zhang, staff=lin, contact_way=way, code="c", expires_at=now)
    Segment.objects.create(corp=corp, name="全部", condition={"all": []})
    Stage.objects.create(corp=corp, key="new", name="新客")
    chat = GroupChat.objects.create(corp=corp, chat_id="wr1", owner=lin, created_at=now)
    GroupMember.objects.create(chat=chat, userid="lin", type=1, staff=lin, joined_at=now - timedelta(days=1))
    return corp


def pages(model: type) -> tuple[str, str]:
    name = f"admin:{model._meta.label_lower.replace('.', '_')}"  # type: ignore[attr-defined]
    row = model.objects.first()  # type: ignore[attr-defined]
    return reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])


@pytest.mark.parametrize("model", [*LOOKED_AT, Stage, User])
def test_every_list_and_row_opens(model: type, furnished: Corp, superuser: User, signed_in: SignIn) -> None:
    browser = signed_in(superuser)
    for page in pages(model):
        assert browser.get(page).status_code == 200
        assert browser.get(page, {"q": "x"}).status_code == 200


@pytest.mark.parametrize("model", LOOKED_AT)
def test_what_wecom_decides_cannot_be_edited(model: type, furnished: Corp, superuser: User, signed_in: SignIn) -> None:
    _list, row = pages(model)
    assert signed_in(superuser).post(row, {}).status_code == 403


def test_a_user_is_made_with_a_place(corp: Corp, superuser: User, signed_in: SignIn) -> None:
    given = {
        "username": "neu",
        "password1": "correct horse 9",
        "password2": "correct horse 9",
        "usable_password": "true",
    }
    browser, page = signed_in(superuser), reverse("admin:staff_user_add")
    answer = browser.post(page, {**given, "role": Role.OPERATOR})
    assert answer.status_code == 200  # neither corp nor superuser
    assert not User.objects.filter(username="neu").exists()
    assert browser.post(page, {**given, "role": Role.OPERATOR, "corp": corp.pk}).status_code == 302
    assert User.objects.get(username="neu").can_operate


def test_digests_are_derived_again(furnished: Corp, superuser: User, signed_in: SignIn, zhang: Customer) -> None:
    Digest.objects.filter(customer=zhang).update(lost=True)
    page = reverse("admin:customers_customer_changelist")
    answer = signed_in(superuser).post(page, {"action": "refresh_digests", "_selected_action": [zhang.pk]})
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["1 digest was wrong."]
    assert digests.differences(furnished) == 0
