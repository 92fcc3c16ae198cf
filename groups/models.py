"""Customer group chats and who is in them."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from staff.models import Staff
from staff.scope import Scoped
from wecom import clock
from wecom.models import Corp


class GroupChatQuerySet(Scoped):
    staff_path = "owner"

    def present(self) -> Self:
        return self.filter(dismissed_at__isnull=True)

    def with_sizes(self) -> Self:
        """Each group with `present`, everybody in it now, and `customers`, those of them who are customers."""
        here = Q(members__left_at__isnull=True, members__isnull=False)
        return self.annotate(
            present=Count("members", filter=here), customers=Count("members__customer", filter=here, distinct=True)
        )


class GroupChat(models.Model):
    """A customer group (客户群, contract §9.1)."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="group_chats")
    chat_id = models.CharField(max_length=64)
    name = models.TextField(blank=True)
    owner = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="owned_groups")
    notice = models.TextField(blank=True)
    status = models.SmallIntegerField(default=0)
    member_version = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(default=clock.now)

    objects = GroupChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("group chat")
        verbose_name_plural = _("group chats")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["corp", "chat_id"], name="one_group_chat_per_chat_id")]

    def __str__(self) -> str:
        return self.name or self.chat_id


class GroupMember(models.Model):
    """Somebody in a group: staff of the corp, a customer, or an external contact who is neither."""

    chat = models.ForeignKey(GroupChat, on_delete=models.CASCADE, related_name="members")
    userid = models.CharField(max_length=64, help_text=_("staff userid or external_userid"))
    type = models.SmallIntegerField(help_text=_("1 staff, 2 external contact"))
    name = models.TextField(blank=True)
    staff = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.SET_NULL, related_name="group_memberships")
    join_scene = models.SmallIntegerField(default=0)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("group member")
        verbose_name_plural = _("group members")
        ordering = ["joined_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["chat", "userid"], condition=Q(left_at__isnull=True), name="one_present_membership_per_userid"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.userid
