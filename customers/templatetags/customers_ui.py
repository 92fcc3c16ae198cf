"""How lines of the timeline and sources of customers are shown."""

from __future__ import annotations

from django import template
from django.db.models import IntegerChoices
from django.template.loader import select_template

from customers.models import AddWay, Customer, CustomerKind, Event, Follow, FollowStatus, Gender
from customers.timeline import Kind, kind_of
from tags.models import Tag

register = template.Library()
SHOWN_WHOLE = "customers/events/other.html"


@register.filter
def kind(event: Event) -> Kind:
    return kind_of(event.kind)


@register.simple_tag
def event_detail(event: Event, ways: dict[str, str]) -> str:
    """What happened, in words: `customers/events/<kind>.html`, which upper apps may add, or the bare facts."""
    found = select_template([f"customers/events/{event.kind}.html", SHOWN_WHOLE])
    return found.render({"event": event, "detail": event.detail, "ways": ways})


@register.filter
def way_name(state: str, ways: dict[str, str]) -> str:
    """The contact way's name; a state made outside this product is shown as it is."""
    return ways.get(state) or state


@register.filter
def add_way(number: int) -> str:
    """WeCom's number for how a customer was added, in words; a number that is new to us is shown as it is."""
    return in_words(AddWay, number)


@register.filter
def type_name(customer: Customer) -> str:
    return in_words(CustomerKind, customer.type)


@register.filter
def gender_name(customer: Customer) -> str:
    return in_words(Gender, customer.gender)


def in_words(numbers: type[IntegerChoices], number: int) -> str:
    return str(numbers(number).label) if number in numbers.values else str(number)


@register.filter
def live_tags(customer: Customer) -> list[Tag]:
    """The tags that friends among the staff put on the customer, each once."""
    live = (follow for follow in customer.shown_follows if follow.status == FollowStatus.LIVE)
    return list({tag.pk: tag for follow in live for tag in follow.tags.all()}.values())


@register.filter
def source(follow: Follow, ways: dict[str, str]) -> str:
    """The contact way's name, or else how the customer was added. `ways` maps states to names."""
    return way_name(follow.state, ways) if follow.state else add_way(follow.add_way)
