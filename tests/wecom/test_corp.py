from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from wecom.models import Corp
from wecom.models.corp import check_api_base


@pytest.mark.parametrize(
    ("policy", "day", "cap"),
    [
        ("month", date(2026, 2, 10), 28),
        ("month", date(2028, 2, 29), 29),
        ("month", date(2026, 12, 31), 31),
        ("week", date(2026, 2, 10), 7),
        ("day", date(2026, 2, 10), 1),
    ],
)
def test_the_cap_follows_the_corps_policy(policy, day, cap):
    assert Corp(quota_policy=policy).quota_per_window(day) == cap


@pytest.mark.parametrize(
    "url",
    [
        *("http://qyapi.weixin.qq.com", "http://127.0.0.1.evil.com", "http://a@b", "https://u:p@h", "ftp://127.0.0.1"),
        *("", "x", "https://", "https://h/cgi-bin", "https://h?x=1", "https://h:99999", "http://[::1", "file:///etc"),
    ],
)
def test_secrets_are_never_sent_in_the_clear_or_to_what_is_no_base(url):
    with pytest.raises(ValidationError):
        check_api_base(url)


@pytest.mark.parametrize("change", [{"quota_policy": "year"}, {"suspended_at": "2026-01-01T00:00:00Z"}])
def test_the_database_refuses_nonsense(change, corp):
    with pytest.raises(IntegrityError), transaction.atomic():
        Corp.objects.filter(pk=corp.pk).update(**change)


def test_a_corp_sees_itself_and_nothing_else(corp, admin, lin_user, superuser):
    Corp.objects.create(corpid="wwother", agentid=1)
    assert list(Corp.objects.visible_to(admin)) == list(Corp.objects.visible_to(lin_user)) == [corp]
    assert Corp.objects.visible_to(superuser).count() == 2
    admin.is_active = False
    assert not Corp.objects.visible_to(admin).exists()
