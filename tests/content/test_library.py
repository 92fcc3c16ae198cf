"""The library: materials in folders, who uses them, and scripts in categories."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns import definitions
from content.models import Folder, Holder, Material, MaterialUse, Script, ScriptCategory
from staff.models import AuditEntry, Role
from tests.cast import make_corp, make_user
from tests.content.test_materials import picture, upload

LINK = {"title": "领券", "url": "https://shop.example.com/coupon"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(signed_in, operator) -> Client:
    return signed_in(operator)


def link_of(corp, **changes) -> Material:
    return Material.objects.create(corp=corp, kind="link", title="领券", body={"kind": "link", **LINK, **changes})


def campaign_with(corp, items):
    step = {"after": {"days": 0}, "at": "10:00", "action": "message", "content": items}
    return definitions.save(corp, {"corp": corp.corpid, "name": "活动", "steps": [step]})


# ---- keeping --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "posted", "body"),
    [
        ("text", {"title": "问候", "text": "{customer_name}您好"}, {"kind": "text", "text": "{customer_name}您好"}),
        ("link", LINK, {"kind": "link", **LINK}),
    ],
)
def test_what_is_no_file_is_kept_as_a_content_item(browser, corp, kind, posted, body):
    folder = Folder.objects.create(corp=corp, name="新客")
    answer = browser.post(f"/materials/new/{kind}/", {**posted, "folder": folder.pk})
    assert answer.status_code == 302
    material = Material.objects.get()
    assert (material.kind, material.folder, material.body) == (kind, folder, body)
    assert AuditEntry.objects.filter(action="material.created").count() == 1


def test_a_mini_program_keeps_its_picture_as_a_material(browser):
    posted = {"title": "会员中心", "appid": "wx0123456789abcdef", "page": "pages/index"}
    refused = browser.post("/materials/new/miniprogram/", posted)
    assert "picture" in refused.context["form"].errors
    browser.post("/materials/new/miniprogram/", {**posted, "picture": SimpleUploadedFile("p.png", picture())})
    card = Material.objects.get(kind="miniprogram")
    assert card.body == {"kind": "miniprogram", **posted, "material": Material.objects.get(kind="image").pk}


def test_a_file_is_kept_with_title_and_folder(browser, corp):
    folder = Folder.objects.create(corp=corp, name="海报")
    posted = {"title": "开业", "folder": folder.pk, "file": SimpleUploadedFile("a.png", picture())}
    browser.post("/materials/new/image/", posted)
    material = Material.objects.get()
    assert (str(material), material.folder, material.body) == ("开业", folder, None)
    browser.post(f"/materials/{material.pk}/", {"title": "周年", "folder": ""})
    material.refresh_from_db()
    assert (str(material), material.folder) == ("周年", None)


@pytest.mark.parametrize(
    ("kind", "posted", "field"),
    [
        ("text", {"text": "{nickname}"}, "text"),
        ("text", {"text": "字" * 1334}, "text"),
        ("link", LINK | {"url": "javascript:alert(1)"}, "url"),
        ("link", LINK | {"url": "data:text/html,x"}, "url"),
        ("image", {"file": SimpleUploadedFile("a.png", b"<svg onload=alert(1)>")}, "file"),
        ("video", {"file": SimpleUploadedFile("a.mp4", b"no video at all")}, "file"),
    ],
)
def test_what_wecom_would_refuse_is_refused_at_its_field(browser, kind, posted, field):
    answer = browser.post(f"/materials/new/{kind}/", posted)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Material.objects.exists()


def test_an_unknown_kind_is_not_found(browser):
    assert browser.get("/materials/new/sticker/").status_code == 404


# ---- finding --------------------------------------------------------------------------------------------------------
def test_words_type_and_folder_narrow_the_list(browser, corp, operator):
    folder = Folder.objects.create(corp=corp, name="新客")
    coupon = link_of(corp)
    Material.objects.filter(pk=coupon.pk).update(folder=folder)
    poster = upload(corp, operator, picture(), "海报.png")

    def found(query):
        return {material.pk for material in browser.get(f"/materials/?{query}").context["page"].rows}

    assert found("") == {coupon.pk, poster.pk}
    assert found("q=领券") == found("q=coupon") == found("kind=link") == found(f"folder={folder.pk}") == {coupon.pk}
    assert found("q=海报") == found("folder=0") == {poster.pk}
    assert found("q=海报+coupon") == found("folder=999999") == found("folder=x") == set()
    assert found("q=%25") == found("q=_") == set()


def test_every_kind_can_be_looked_at(browser, corp, operator):
    poster = upload(corp, operator, picture(), "海报.png")
    card = {"kind": "miniprogram", "title": "会员", "appid": "wx0", "page": "p", "material": poster.pk}
    made = [link_of(corp), Material.objects.create(corp=corp, kind="miniprogram", title="会员", body=card)]
    made.append(Material.objects.create(corp=corp, kind="text", body={"kind": "text", "text": "<b>您好"}))
    assert browser.get("/materials/").content.decode().count("library-item") == len(made) + 1
    for material in [poster, *made]:
        assert browser.get(f"/materials/{material.pk}/").status_code == 200
        assert browser.get(f"/materials/{material.pk}/delete/").status_code == 200


def test_the_number_of_queries_does_not_grow(browser, corp, django_assert_num_queries):
    link_of(corp)
    with django_assert_num_queries(7, exact=False):
        browser.get("/materials/", headers=HTMX)
    for number in range(30):
        folder = Folder.objects.create(corp=corp, name=f"f{number}")
        Material.objects.create(corp=corp, kind="text", folder=folder, body={"kind": "text", "text": "x"})
    with django_assert_num_queries(7, exact=False):
        browser.get("/materials/", headers=HTMX)


def test_another_corps_materials_are_not_there(browser):
    foreign = link_of(make_corp(corpid="ww_other"))
    for path in ("", "delete/"):
        assert browser.get(f"/materials/{foreign.pk}/{path}").status_code == 404
        assert browser.post(f"/materials/{foreign.pk}/{path}").status_code == 404
    assert "领券" not in browser.get("/materials/").content.decode()


def test_frontline_has_scripts_but_no_library(signed_in, corp):
    browser = signed_in(make_user(corp, "clerk", Role.FRONTLINE))
    assert browser.get("/materials/").status_code == 403
    assert browser.get("/scripts/").status_code == 200
    assert browser.post("/scripts/new/", {"title": "x", "text": "y"}).status_code == 403


# ---- uses -----------------------------------------------------------------------------------------------------------
def test_a_campaign_that_sends_an_original_keeps_it(browser, corp, operator):
    poster = upload(corp, operator, picture(), "海报.png")
    campaign = campaign_with(corp, [{"kind": "image", "material": poster.pk}])
    assert Material.objects.with_uses().get().used_by == 1
    assert browser.post(f"/materials/{poster.pk}/delete/").status_code == 409
    assert Material.objects.exists()
    step = {"after": {"days": 0}, "at": "10:00", "action": "message", "content": [{"kind": "text", "text": "无图"}]}
    definitions.save(corp, {"corp": corp.corpid, "name": "活动", "steps": [step]}, campaign=campaign)
    stored = poster.file.name
    assert browser.post(f"/materials/{poster.pk}/delete/").status_code == 302
    assert not Material.objects.exists()
    assert default_storage.exists(stored)  # until the test's transaction is committed, which it never is


@pytest.mark.django_db(transaction=True)
def test_a_deleted_original_leaves_the_disk(browser, corp, operator):
    poster = upload(corp, operator, picture(), "海报.png")
    browser.post(f"/materials/{poster.pk}/delete/")
    assert not default_storage.exists(poster.file.name)


def test_a_copy_does_not_hold_its_material(browser, corp):
    coupon = link_of(corp)
    campaign = campaign_with(corp, [coupon.as_item()])
    use = MaterialUse.objects.get()
    assert (use.holder, use.holder_key, use.copied) == (Holder.VERSION, campaign.draft.pk, True)
    assert browser.post(f"/materials/{coupon.pk}/delete/").status_code == 302
    assert campaign.draft.steps.get().content == [coupon.as_item()]


def test_a_foreign_material_is_never_written_down_as_used(corp):
    foreign = link_of(make_corp(corpid="ww_other"))
    campaign_with(corp, [foreign.as_item()])
    assert not MaterialUse.objects.exists()


@pytest.mark.parametrize("origin", ["x", 0, -1, True, 2**70, [1]])
def test_where_a_copy_comes_from_is_a_number(corp, origin):
    with pytest.raises(definitions.DefinitionError, match="number of a material"):
        campaign_with(corp, [{"kind": "text", "text": "x", "from": origin}])


def test_the_editor_puts_a_material_into_its_step(browser, corp):
    coupon = link_of(corp)
    choices = browser.get("/campaigns/library/?step=steps-0&library-q=领").content.decode()
    assert f"add-material:steps-0:{coupon.pk}" in choices
    assert "add-material" not in browser.get("/campaigns/library/?step=steps-0&library-q=无").content.decode()
    posted = {"steps-0-action": "message", "op": f"add-material:steps-0:{coupon.pk}"}
    page = browser.post("/campaigns/draft/", posted, headers=HTMX)
    [item] = page.context["editor"].steps[0].items
    assert (item.kind, item["title"].value(), item.origin.value()) == ("link", "领券", str(coupon.pk))


def test_a_text_from_the_library_joins_the_text_that_stands_there(browser, corp):
    text = Material.objects.create(corp=corp, kind="text", body={"kind": "text", "text": "欢迎"})
    posted = {
        "steps-0-action": "message",
        "steps-0-content-0-kind": "text",
        "steps-0-content-0-text": "您好",
        "op": f"add-material:steps-0:{text.pk}",
    }
    [item] = browser.post("/campaigns/draft/", posted, headers=HTMX).context["editor"].steps[0].items
    assert item["text"].value() == "您好\n欢迎"


def test_the_editor_says_that_a_mass_send_fills_in_no_names(corp):
    with pytest.raises(definitions.DefinitionError, match="same text"):
        campaign_with(corp, [{"kind": "text", "text": "{customer_name}您好"}])


# ---- drawers and scripts --------------------------------------------------------------------------------------------
def test_folders_are_named_once_renamed_and_emptied_by_deleting(browser, corp):
    browser.post("/materials/folders/new/", {"name": "新客"})
    again = browser.post("/materials/folders/new/", {"name": "新客"})
    assert "exists already" in again.content.decode()
    folder = Folder.objects.get()
    coupon = link_of(corp)
    Material.objects.update(folder=folder)
    browser.post(f"/materials/folders/{folder.pk}/", {"name": "老客"})
    assert Folder.objects.get().name == "老客"
    browser.post(f"/materials/folders/{folder.pk}/delete/")
    coupon.refresh_from_db()
    assert coupon.folder is None


def test_a_script_is_written_found_and_filled(browser, corp, lin):
    category = ScriptCategory.objects.create(corp=corp, name="问候")
    browser.post(
        "/scripts/new/", {"title": "初次", "category": category.pk, "text": "{customer_name}，我们是{corp_name}"}
    )
    browser.post("/scripts/new/", {"title": "售后", "text": "退换找我"})
    page = browser.get("/scripts/?q=初次&name=<b>张三")
    [script] = page.context["scripts"]
    assert script.spoken == f"<b>张三，我们是{corp.name}"
    assert "&lt;b&gt;张三" in page.content.decode()
    [by_category] = browser.get(f"/scripts/?category={category.pk}").context["scripts"]
    assert by_category == script
    assert browser.get("/scripts/?category=x").context["scripts"] == []
    browser.post(f"/scripts/categories/{category.pk}/delete/")
    assert Script.objects.get(title="初次").category is None
    browser.post(f"/scripts/{script.pk}/delete/")
    assert not Script.objects.filter(pk=script.pk).exists()


def test_a_script_with_an_unknown_variable_is_refused(browser):
    answer = browser.post("/scripts/new/", {"title": "x", "text": "{nickname}"})
    assert "no variable {nickname}" in answer.content.decode()
    assert not Script.objects.exists()


def test_the_welcome_form_takes_from_the_library(browser, corp, lin):
    coupon = link_of(corp)
    posted = {"name": "门店", "staff": [lin.pk], "skip_verify": "on", "text": "hi", "library": coupon.pk}
    kept = browser.post("/contact-ways/preview/", posted).context["form"].kept()
    assert [item for _json, item, _original in kept] == [coupon.as_item()]
