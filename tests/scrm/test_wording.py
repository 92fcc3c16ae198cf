"""Words for the names that code gives to things."""

from django.utils import translation

from campaigns.models import Campaign, Step
from customers.models import Customer
from scrm.templatetags.wording import action_name, phase_name
from wecom.doctor import LABELS, Check


def test_labels_that_django_derives_from_names_are_translated():
    label = Campaign._meta.get_field("launched_at").verbose_name
    assert str(label) == "launched at"
    with translation.override("zh-hans"):
        assert str(label) == "启动时间"


def test_every_check_of_the_doctor_has_a_name():
    with translation.override("zh-hans"):
        assert [check for check in Check if str(LABELS[check]).isascii() and check is not Check.AGENTID] == []


def test_a_name_that_nobody_worded_shows_itself():
    assert [name("moon.landed") for name in (action_name, phase_name)] == ["moon.landed"] * 2


def test_a_label_with_two_meanings_keeps_both():
    step, customer = Step._meta.get_field("position").verbose_name, Customer._meta.get_field("position").verbose_name
    with translation.override("zh-hans"):
        assert (str(step), str(customer)) == ("序号", "职务")
