"""Makers of rows for tests. Each takes what matters to the test and invents the rest."""

import itertools
from datetime import timedelta
from typing import Any

from customers import digests
from customers.models import Customer, Follow
from staff.models import Department, Role, Staff, User
from tags.models import Tag, TagGroup
from wecom import clock
from wecom.models import Corp

PASSWORD = "correct horse battery staple"
AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA"
_numbers = itertools.count(1)


def make_corp(**fields: Any) -> Corp:
    number = next(_numbers)
    values = {
        "corpid": f"ww{number:016x}",
        "name": "测试企业",
        "agentid": 1000002,
        "secret": f"secret-of-corp-{number:028d}",
        "callback_token": "callbackToken",
        "aes_key": AES_KEY,
        "api_base_url": "http://127.0.0.1:9",  # discard: a call that a test did not mean fails at once
    }
    return Corp.objects.create(**{**values, **fields})


def make_department(corp: Corp, name: str, wecom_id: int, parent: Department | None = None) -> Department:
    path = [*(parent.path if parent else []), wecom_id]
    return Department.objects.create(
        corp=corp, wecom_id=wecom_id, name=name, parent_wecom_id=parent.wecom_id if parent else 0, path=path
    )


def make_staff(corp: Corp, userid: str, *, department: Department | None = None, **fields: Any) -> Staff:
    ids = [department.wecom_id] if department else []
    values = {"name": userid.title(), "department_ids": ids, "serves_customers": True}
    return Staff.objects.create(corp=corp, userid=userid, **{**values, **fields})


def make_user(corp: Corp | None, username: str, role: Role = Role.FRONTLINE, **fields: Any) -> User:
    return User.objects.create_user(username, password=PASSWORD, corp=corp, role=role, **fields)


def make_customer(
    staff: Staff | None = None, name: str = "张三", *, corp: Corp | None = None, **follow: Any
) -> Customer:
    """A customer, and with `staff` the follow through which they serve them; `follow` holds its fields."""
    owner = corp or (staff.corp if staff else make_corp())
    number = next(_numbers)
    customer = Customer.objects.create(corp=owner, external_userid=f"wm{number:030d}", name=name)
    if staff:
        make_follow(customer, staff, **follow)
    return customer


def make_follow(customer: Customer, staff: Staff, **fields: Any) -> Follow:
    values = {"since": clock.now() - timedelta(days=10), "add_way": 1}
    follow = Follow.objects.create(corp=customer.corp, customer=customer, staff=staff, **{**values, **fields})
    digests.refresh([customer.pk])
    return follow


def make_tag(corp: Corp, name: str, group: str = "等级") -> Tag:
    number = next(_numbers)
    owner, _created = TagGroup.objects.get_or_create(
        corp=corp, name=group, defaults={"wecom_id": f"et-group-{number:020d}"}
    )
    return Tag.objects.create(corp=corp, group=owner, name=name, wecom_id=f"et-tag-{number:020d}")
