"""Events that no handler of ours is interested in: written down, acknowledged, shown, never tried again."""

import pytest

from tests.cast import AES_KEY
from tests.wecom.heard import events, listen
from wecom import inbox
from wecom.callback import key_of
from wecom.client import client_for
from wecom.contact_specs import LinkSpec
from wecom.models import InboxEvent

State = InboxEvent.State


@pytest.mark.django_db(transaction=True)
def test_events_of_acquisition_links_are_kept_with_all_they_say(live, corp, sandbox):
    link_id = client_for(corp).acquisition.create(LinkSpec("抖音", users=["lin"])).link_id
    sandbox.corp("POST", "acquisition/buy", units=5)
    scanned = sandbox.corp("POST", f"acquisition/{link_id}/arrive", channel="抖音1")
    for _ in range(3):
        sandbox.corp("POST", f"customers/{scanned['external_userid']}/chat", userid="lin")
    sandbox.corp("POST", f"acquisition/{link_id}/delete")
    sandbox.deliver_callbacks()
    kept = InboxEvent.objects.filter(corp=corp, event="customer_acquisition").order_by("id")
    assert [event.change_type for event in kept] == [
        "balance_increased",
        "friend_request",
        "customer_start_chat",
        "message_from_customer",
        "delete_link",
    ]
    assert (kept[1].payload["LinkId"], kept[1].payload["State"]) == (link_id, "抖音1")
    assert (kept[2].userid, kept[2].external_userid) == ("lin", scanned["external_userid"])
    assert kept[3].payload["ChatKey"]
    assert {entry["state"] for entry in sandbox.corp("GET", "callbacks")["callbacks"]} == {"delivered"}
    inbox.process(corp.pk)
    assert set(kept.values_list("state", flat=True)) == {State.IGNORED}


def test_what_changes_of_one_member_in_one_second_is_several_events(sandbox):
    """The same second, the same member: renamed and moved. Neither may hide the other."""
    listen(sandbox)
    helper = {"agentid": 9, "secret": "helper", "token": "t", "aes_key": AES_KEY, "kind": "contact-sync"}
    sandbox.corp("POST", "apps", **helper, callback_url="http://127.0.0.1:9/helper")
    sandbox.corp("POST", "contacts/update_user", userid="lin", department=[3])
    sandbox.corp("POST", "contacts/update_user", userid="lin", new_userid="lin2")
    moved, renamed = (event for event in events(sandbox) if event["Event"] == "change_contact")
    assert key_of(moved) != key_of(renamed | {"CreateTime": moved["CreateTime"]})
    assert key_of(moved) == key_of(dict(reversed(moved.items())))
