import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from content.models import Material, Script
from customers.models import ContactWay, Segment
from groups.models import GroupChat, GroupMember
from scrm.rehearsal.sandbox import Sandbox
from staff.models import AuditEntry, Staff, User
from tags.models import Tag
from tests.cast import make_corp, make_staff, make_tag
from wecom import clock
from wecom.models import Corp

EVERYBODY = {"all": []}


def rows(client: Any, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{path}/", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def make_chat(corp: Corp, owner: Staff | None) -> GroupChat:
    number = GroupChat.objects.count()
    chat = GroupChat.objects.create(corp=corp, chat_id=f"wr{number}", name="群", owner=owner, created_at=clock.now())
    for n in range(3):
        left = clock.now() if n == 2 else None
        GroupMember.objects.create(chat=chat, userid=f"wm{n}", type=2, joined_at=clock.now(), left_at=left)
    return chat


def make_way(corp: Corp, staff: Staff, tag: Tag) -> ContactWay:
    way = ContactWay.objects.create(corp=corp, name="店", state=f"s{ContactWay.objects.count()}")
    way.staff.add(staff)
    way.tags.add(tag)
    return way


def test_staff_departments_and_scope(api: Any, operator: User, lin_user: User, wang: Staff) -> None:
    assert [row["userid"] for row in rows(api(operator), "staff")] == ["lin", "wang"]
    assert [row["userid"] for row in rows(api(operator), "staff", department=wang.department_ids[0])] == ["wang"]
    assert [row["userid"] for row in rows(api(operator), "staff", department=1)] == ["lin", "wang"]
    assert [row["userid"] for row in rows(api(lin_user), "staff")] == ["lin"]


def test_groups_count_who_is_present(api: Any, operator: User, lin: Staff, lin_user: User, wang: Staff) -> None:
    make_chat(lin.corp, lin)
    make_chat(lin.corp, wang)
    assert [(row["owner"], row["members"]) for row in rows(api(operator), "groups")] == [("wang", 2), ("lin", 2)]
    assert [row["owner"] for row in rows(api(lin_user), "groups")] == ["lin"]


def test_contact_ways_name_staff_and_tags(api: Any, operator: User, lin: Staff) -> None:
    tag = make_tag(lin.corp, "VIP")
    make_way(lin.corp, lin, tag)
    row = rows(api(operator), "contact_ways")[0]
    assert (row["staff"], row["tags"], row["state"]) == (["lin"], [tag.wecom_id], "s0")


@pytest.mark.parametrize("path", ["staff", "groups", "contact_ways", "tags", "segments", "materials", "scripts"])
def test_lists_show_the_own_corp_and_few_queries(api: Any, operator: User, lin: Staff, path: str) -> None:
    counts, client = [], api(operator)
    for n in range(1, 4):
        for corp, person in ((lin.corp, lin), (other := make_corp(), make_staff(other, "foreign"))):
            make_chat(corp, person)
            make_way(corp, person, make_tag(corp, "VIP"))
            Segment.objects.create(corp=corp, name=f"s{n}", condition=EVERYBODY)
            Material.objects.create(corp=corp, kind="image", filename="a", content_type="image/png", size=9, file="x")
            Script.objects.create(corp=corp, title=f"s{n}", text="您好")
        with CaptureQueriesContext(connection) as queries:
            shown = rows(client, path)
        assert {row["corp"] for row in shown} == {lin.corp.corpid}
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 5


def test_tags_are_made_renamed_and_deleted_at_wecom(api: Any, operator: User, sandbox: Sandbox, corp: Corp) -> None:
    client = api(operator)
    made = client.post("/api/v1/tags/", {"group": "等级", "name": "VIP"})
    assert made.status_code == 201, made.content
    tag = made.json()
    assert (tag["group"], tag["ours"]) == ("等级", True)
    second = client.post("/api/v1/tags/", {"group_id": tag["group_id"], "name": "新"}).json()
    assert second["group_id"] == tag["group_id"]
    assert client.patch(f"/api/v1/tags/{tag['id']}/", {"name": "SVIP"}).json()["name"] == "SVIP"
    assert client.delete(f"/api/v1/tags/{tag['id']}/").status_code == 204
    assert client.get(f"/api/v1/tags/{tag['id']}/").status_code == 404
    assert [row["name"] for row in rows(client, "tags")] == ["新"]
    actions = AuditEntry.objects.filter(user=operator).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["tags.group_created", "tags.added", "tags.renamed", "tags.deleted"]


def test_a_tag_of_wecoms_console_is_left_alone(api: Any, operator: User, corp: Corp) -> None:
    tag = make_tag(corp, "VIP")
    assert api(operator).patch(f"/api/v1/tags/{tag.wecom_id}/", {"name": "x"}).status_code == 409
    assert api(operator).delete(f"/api/v1/tags/{tag.wecom_id}/").status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "a"}, "group"),
        ({"name": "a", "group": "b", "group_id": "c"}, "group"),
        ({"name": "a", "group_id": "gone"}, "group_id"),
        ({"name": "x" * 31, "group": "b"}, "name"),
        ({"name": {"a": 1}, "group": "b"}, "name"),
    ],
)
def test_a_bad_tag_is_refused_at_its_field(api: Any, operator: User, body: dict[str, Any], field: str) -> None:
    answer = api(operator).post("/api/v1/tags/", body)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_segments_are_kept_changed_and_deleted(api: Any, operator: User, corp: Corp) -> None:
    client = api(operator)
    made = client.post("/api/v1/segments/", {"name": "全部", "condition": EVERYBODY, "created_by": 99, "corp_id": 99})
    assert made.status_code == 201
    segment = Segment.objects.get()
    assert (segment.corp, segment.created_by, segment.condition) == (corp, operator, EVERYBODY)
    url = f"/api/v1/segments/{segment.pk}/"
    changed = {"field": "lost", "op": "is", "value": True}
    assert client.put(url, {"name": "流失", "condition": changed}).json()["condition"] == changed
    assert client.post("/api/v1/segments/", {"name": "流失", "condition": EVERYBODY}).json().keys() == {"name"}
    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 404


def test_a_segment_of_no_condition_is_refused_with_the_path(api: Any, operator: User) -> None:
    condition = {"any": [{"field": "tag", "op": "has_any", "value": ["gone"]}]}
    answer = api(operator).post("/api/v1/segments/", {"name": "x", "condition": condition})
    assert answer.json() == {"condition": {"path": "any[0].value[0]", "message": "Unknown: gone."}}


def test_a_picture_is_uploaded(api: Any, operator: User, corp: Corp) -> None:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    file = SimpleUploadedFile("海报.png", out.getvalue())
    answer = api(operator).post("/api/v1/materials/", {"kind": "image", "file": file}, format="multipart")
    assert answer.status_code == 201, answer.content
    assert answer.json()["filename"] == "海报.png"
    assert Material.objects.get().created_by == operator


@pytest.mark.parametrize(
    ("kind", "data"),
    [("image", b"<svg><script/></svg>"), ("file", b"MZ......"), ("voice", b"#!AMR..."), ("text", b"plain words")],
)
def test_a_bad_upload_is_refused(api: Any, operator: User, kind: str, data: bytes) -> None:
    file = SimpleUploadedFile("a.png", data)
    answer = api(operator).post("/api/v1/materials/", {"kind": kind, "file": file}, format="multipart")
    assert answer.status_code == 400
    assert not Material.objects.exists()
