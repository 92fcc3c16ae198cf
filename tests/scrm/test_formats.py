"""Numbers and dates in pages: grouped where people read them, plain where programs do."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import translation
from django.utils.formats import date_format

PAGE = Template('{% load scrm_ui %}<li id="task-{{ pk }}">{{ n|grouped }} {{ rate|floatformat:"0g" }}</li>')


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_numbers_are_grouped_for_people_and_plain_in_ids(language):
    with translation.override(language):
        page = PAGE.render(Context({"pk": 12345, "n": 1234567, "rate": 60123.4}))
    assert page == '<li id="task-12345">1,234,567 60,123</li>'


def test_short_dates_in_chinese_sort_by_eye():
    moment = datetime(2026, 3, 1, 2, 5, tzinfo=UTC)
    with translation.override("zh-hans"):
        assert date_format(moment, "SHORT_DATETIME_FORMAT") == "2026-03-01 02:05"
        assert date_format(moment, "DATE_FORMAT") == "2026年3月1日"
