"""The customer, the follows through which staff serve them, and the digest that lists and audiences read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff.models import Staff
from staff.scope import Scoped, Shared
from tags.models import Tag
from wecom.models import Corp

if TYPE_CHECKING:
    from customers.models.events import Event
    from staff.models import User


class CustomerKind(models.IntegerChoices):
    """contract §6.1, ``external_contact.type``"""

    WECHAT = 1, _("WeChat user")
    WECOM = 2, _("WeCom user")


class Gender(models.IntegerChoices):
    UNKNOWN = 0, _("unknown")
    MALE = 1, _("male")
    FEMALE = 2, _("female")


class AddWay(models.IntegerChoices):
    """contract §6.2; new values appear, so columns store any integer and only labels come from here."""

    UNKNOWN = 0, _("unknown source")
    QR = 1, _("scanned a QR code")
    MOBILE = 2, _("mobile search")
    CARD = 3, _("card share")
    GROUP = 4, _("group chat")
    PHONE_BOOK = 5, _("phone contacts")
    WECHAT = 6, _("WeChat contacts")
    SERVICE_STAFF = 8, _("third-party app's service staff")
    EMAIL = 9, _("email search")
    CHANNELS = 10, _("WeChat Channels")
    SCHEDULE = 11, _("schedule participant")
    MEETING = 12, _("meeting participant")
    WECHAT_FRIEND = 13, _("WeChat friend's WeCom")
    HARDWARE = 14, _("smart hardware")
    DOOR_TO_DOOR = 15, _("door-to-door service")
    LINK = 16, _("acquisition link")
    CUSTOM = 17, _("custom development")
    DEMAND_REPLY = 18, _("demand-side reply")
    PRE_SALES = 21, _("third-party pre-sales")
    POTENTIAL_PARTNER = 22, _("potential partner")
    FRIEND_REQUEST = 24, _("accepted a WeChat friend request")
    SHARED = 201, _("shared by a colleague")
    ASSIGNED = 202, _("assigned by an admin")


class Stage(models.Model):
    """Where a customer stands in the lifecycle; each corp has its own list."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="stages")
    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField(default=0)

    objects = Shared.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["corp", "key"], name="one_stage_per_key")]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(Scoped):
    staff_path = "follows__staff"

    def served_by(self, user: User) -> Self:
        """Customers whom the user's staff serve or served until the customer left; a dropped one is gone from view."""
        follows = Follow.objects.filter(customer=OuterRef("pk"), staff__in=user.colleagues())
        return self.filter(Exists(follows.exclude(status=FollowStatus.DROPPED)))

    def matching(self, tree: Any, corp: Corp, user: User | None = None) -> Self:
        """Customers of the corp who match a saved tree. ``user``: who asks; remarks hidden from him do not match."""
        from customers.segments import read  # noqa: PLC0415  cycle: its fields ask about these models
        from customers.segments.matching import Matches  # noqa: PLC0415  cycle: as above

        condition = read(tree, corp)
        return self.of(corp).filter(Matches(condition, condition.scope(user)), digest__corp=corp)


class Customer(models.Model):
    """An external contact: one row per (corp, external_userid), whoever serves them."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="customers")
    external_userid = models.CharField(max_length=64)
    name = models.TextField(blank=True)
    avatar = models.TextField(blank=True)
    type = models.SmallIntegerField(default=CustomerKind.WECHAT)
    gender = models.SmallIntegerField(default=Gender.UNKNOWN)
    unionid = models.CharField(max_length=64, blank=True)
    position = models.TextField(blank=True)
    corp_name = models.TextField(blank=True)
    stage = models.ForeignKey(Stage, null=True, blank=True, on_delete=models.SET_NULL)
    synced_at = models.DateTimeField(
        default=timezone.now, help_text=_("real time at which WeCom was asked for what this row and its follows hold")
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(fields=["corp", "external_userid"], name="one_customer_per_external_userid"),
        ]

    def __str__(self) -> str:
        return self.name or self.external_userid

    def timeline(self, user: User) -> models.QuerySet[Event]:
        """What happened, newest first, as far as it concerns the user's staff or nobody in particular."""
        events = self.events.in_corps_of(user).select_related("staff")
        if user.sees_whole_corp:
            return events
        return events.filter(Q(staff__in=user.colleagues()) | Q(staff__isnull=True))


class FollowStatus(models.TextChoices):
    HALF = "half", _("half-added")
    LIVE = "live", _("friends")
    LOST = "lost", _("lost")
    DROPPED = "dropped", _("dropped")


class EndedBy(models.TextChoices):
    CUSTOMER = "customer", _("the customer")
    STAFF = "staff", _("the staff member")
    TRANSFER = "transfer", _("a transfer")


def _between(field: str, start: datetime | None, end: datetime | None) -> dict[str, datetime]:
    bounds = {f"{field}__gte": start, f"{field}__lt": end}
    return {lookup: bound for lookup, bound in bounds.items() if bound}


class FollowQuerySet(Scoped):
    staff_path = "staff"

    def live(self) -> Self:
        return self.filter(status=FollowStatus.LIVE)

    def added_between(self, start: datetime | None, end: datetime | None) -> Self:
        """Friendships that began in [start, end), those that the customer has ended since too."""
        return self.filter(status__in=[FollowStatus.LIVE, FollowStatus.LOST], **_between("since", start, end))

    def lost_between(self, start: datetime | None, end: datetime | None) -> Self:
        """Friendships that the customer ended in [start, end)."""
        return self.filter(status=FollowStatus.LOST, **_between("ended_at", start, end))


class Follow(models.Model):
    """One customer served by one staff. WeCom keeps remark, tags and source here, not on the customer."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="follows")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="follows")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="follows")
    status = models.CharField(max_length=10, choices=FollowStatus, default=FollowStatus.LIVE)
    remark = models.TextField(blank=True)
    description = models.TextField(blank=True)
    remark_corp_name = models.TextField(blank=True)
    remark_mobiles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    add_way = models.IntegerField(default=AddWay.UNKNOWN)
    state = models.CharField(max_length=64, blank=True)
    oper_userid = models.CharField(max_length=64, blank=True)
    since = models.DateTimeField(help_text=_("when the friendship in hand began, by WeCom's createtime"))
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=10, choices=EndedBy, blank=True)
    owes_channel_tags = models.BooleanField(
        default=False, help_text=_("came through a contact way whose tags WeCom does not have yet")
    )
    tags = models.ManyToManyField(Tag, through="FollowTag", related_name="follows")

    objects = FollowQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "staff"], name="one_follow_per_customer_and_staff"),
            models.CheckConstraint(
                condition=Q(status__in=[FollowStatus.HALF, FollowStatus.LIVE], ended_at__isnull=True)
                | Q(status__in=[FollowStatus.LOST, FollowStatus.DROPPED], ended_at__isnull=False),
                name="an_ended_follow_has_its_moment",
            ),
        ]
        indexes = [
            # read by enrolment: the follows of a corp that began after a launch
            models.Index(fields=["corp", "since"], name="follow_since"),
            # read by the engine: passages that end because their friendship has ended lately
            models.Index(fields=["corp", "ended_at"], name="follow_ended", condition=Q(ended_at__isnull=False)),
            # read by contact-way counts and the state condition
            models.Index(fields=["corp", "state"], name="follow_state", condition=~Q(state="")),
            # read by the sweep that writes a contact way's tags to WeCom
            models.Index(fields=["corp"], name="follow_owes_tags", condition=Q(owes_channel_tags=True)),
        ]

    def __str__(self) -> str:
        return f"{self.customer} – {self.staff}"


class FollowTag(models.Model):
    """The truth about tags: one tag on one follow."""

    follow = models.ForeignKey(Follow, on_delete=models.CASCADE, related_name="follow_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="follow_tags")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["follow", "tag"], name="one_row_per_follow_and_tag")]

    def __str__(self) -> str:
        return f"{self.follow_id}: {self.tag_id}"


class Digest(models.Model):
    """What lists and audiences read of a customer, derived from follows and their tags in the same transaction.

    Narrow on purpose: one row here is read where the truth would be three joins. ``customers.digests.refresh`` is
    the only writer.
    """

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="digest")
    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="+")
    tag_ids = ArrayField(models.IntegerField(), default=list, help_text=_("keys of tags on live follows"))
    staff_ids = ArrayField(models.IntegerField(), default=list, help_text=_("keys of staff with a live follow"))
    added_at = models.DateTimeField(null=True, help_text=_("start of the earliest live follow"))
    first_at = models.DateTimeField(help_text=_("start of the earliest follow, live or not: what lists sort by"))
    lost = models.BooleanField(help_text=_("no live follow left"))

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        indexes = [
            # read by the tag condition and the tag filter of the list
            GinIndex(fields=["tag_ids"], name="digest_tags"),
            # read by the staff and department conditions
            GinIndex(fields=["staff_ids"], name="digest_staff"),
            # read by the customer list: newest first, keyset
            models.Index(fields=["corp", "-first_at", "-customer"], name="digest_newest"),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)
