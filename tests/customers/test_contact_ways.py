"""Contact ways: made at WeCom and here, or not at all."""

import pytest

from content.models import Material
from customers import contact_ways
from customers.contact_ways import Plan
from customers.models import ContactWay
from scrm.rehearsal.sandbox import Sandbox
from staff.errors import WrongState
from staff.models import AuditEntry, Staff, User
from tests import cast
from tests.acts import arrive, sync
from wecom.client import client_for
from wecom.models import Corp

HELLO = [{"kind": "text", "text": "欢迎"}]


@pytest.fixture
def way(sandbox: Sandbox, corp: Corp, lin: Staff, operator: User) -> ContactWay:
    return contact_ways.create(corp, name="门口", staff=[lin], welcome=HELLO, user=operator)


def test_creating_gives_a_code_that_leads_to_the_staff(way: ContactWay, sandbox: Sandbox, corp: Corp) -> None:
    told = client_for(corp).contact_ways.get(way.config_id)
    assert (told.user, told.state, told.remark, told.qr_code) == (("lin",), way.state, "门口", way.qr_code)
    assert len(way.state) <= 30
    assert AuditEntry.objects.filter(action="contact_way.created").exists()
    assert sandbox.corp("POST", "scan", config_id=way.config_id)["userid"] == "lin"


def test_the_library_knows_what_a_contact_way_holds(way: ContactWay, corp: Corp, lin: Staff) -> None:
    text = Material.objects.create(corp=corp, kind="text", body=HELLO[0])
    contact_ways.update(way, Plan("门口", [lin], welcome=[text.as_item()]))
    assert Material.objects.with_uses().get().used_by == 1
    contact_ways.delete(way)
    assert Material.objects.with_uses().get().used_by == 0


@pytest.mark.parametrize("text", ["{nickname}您好", "{customer_name}{}{x}"])
def test_an_unknown_variable_makes_no_contact_way(sandbox: Sandbox, corp: Corp, lin: Staff, text: str) -> None:
    with pytest.raises(WrongState, match="There is no variable"):
        contact_ways.create(corp, name="门口", staff=[lin], welcome=[{"kind": "text", "text": text}])
    assert list(client_for(corp).contact_ways.list()) == []


def test_each_has_a_state_of_its_own(way: ContactWay, corp: Corp, lin: Staff) -> None:
    assert contact_ways.create(corp, name="门口", staff=[lin]).state != way.state


def test_changing_keeps_code_and_state(way: ContactWay, corp: Corp, wang: Staff) -> None:
    before = (way.config_id, way.qr_code, way.state)
    contact_ways.update(way, Plan("收银台", [wang], skip_verify=False))
    way.refresh_from_db()
    assert (way.config_id, way.qr_code, way.state) == before
    told = client_for(corp).contact_ways.get(way.config_id)
    assert (told.user, told.remark, told.skip_verify) == (("wang",), "收银台", False)
    assert (way.name, [*way.staff.all()], way.welcome) == ("收银台", [wang], [])


def test_deleting_ends_it_once(way: ContactWay, corp: Corp, lin: Staff) -> None:
    contact_ways.delete(way)
    assert list(client_for(corp).contact_ways.list()) == []
    for verb in (lambda: contact_ways.delete(way), lambda: contact_ways.update(way, Plan("新", [lin]))):
        with pytest.raises(WrongState):
            verb()


def test_one_deleted_at_wecom_already_is_deleted_here(way: ContactWay, corp: Corp) -> None:
    client_for(corp).contact_ways.delete(way.config_id)
    contact_ways.delete(way)
    assert way.deleted_at


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_creation_without_answer_is_looked_up(sandbox: Sandbox, corp: Corp, lin: Staff, when: str) -> None:
    """WeCom has it: it is ours. It has not: there is no row of it either. A code that nobody knows never stays."""
    broken = {"rate": 1, "count": 1, "when": when, "endpoints": ["externalcontact/add_contact_way"]}
    sandbox.call("POST", "faults", **{"drop-connection": broken})
    if when == "after":
        way = contact_ways.create(corp, name="门口", staff=[lin])
        assert list(client_for(corp).contact_ways.list()) == [way.config_id]
    else:
        with pytest.raises(WrongState):
            contact_ways.create(corp, name="门口", staff=[lin])
        assert not ContactWay.objects.exists()
        assert list(client_for(corp).contact_ways.list()) == []


def test_input_that_cannot_be_is_refused_before_the_call(sandbox: Sandbox, corp: Corp, lin: Staff) -> None:
    gone = cast.make_staff(corp, "gone", active=False)
    foreign = cast.make_tag(cast.make_corp(), "别家")
    wrong = [
        {"staff": []},
        {"staff": [gone]},
        {"staff": [lin], "tags": [foreign]},
        {"staff": [lin], "welcome": [{"kind": "text", "text": "长" * 1334}]},
    ]
    for fields in wrong:
        with pytest.raises(WrongState):
            contact_ways.create(corp, name="门口", **fields)
    with pytest.raises(WrongState, match="30"):
        contact_ways.create(corp, name="长" * 31, staff=[lin])
    assert not ContactWay.objects.exists()
    assert "externalcontact/add_contact_way" not in sandbox.corp("GET", "calls")


def test_arrivals_are_counted_in_one_query(
    way: ContactWay, sandbox: Sandbox, corp: Corp, lin: Staff, django_assert_num_queries
) -> None:
    other = contact_ways.create(corp, name="无人", staff=[lin])
    for _ in range(3):
        sandbox.corp("POST", "scan", config_id=way.config_id)
    arrive(sandbox, "lin")
    sync(corp)
    with django_assert_num_queries(1):
        arrivals = dict(ContactWay.objects.with_arrivals().values_list("pk", "arrivals"))
    assert arrivals == {way.pk: 3, other.pk: 0}


def test_the_code_is_drawn(way: ContactWay) -> None:
    assert contact_ways.qr_png(way).startswith(b"\x89PNG")
    assert b"<svg" in contact_ways.qr_svg(way)
    way.qr_code = ""
    with pytest.raises(WrongState):
        contact_ways.qr_png(way)
