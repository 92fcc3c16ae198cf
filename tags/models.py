"""Corp tags: groups and tags as WeCom has them. Which customer carries one is the Follow's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from staff.scope import Shared
from wecom.models import Corp

if TYPE_CHECKING:
    from staff.models import User


class LiveQuerySet(Shared):
    def live(self) -> Self:
        return self.filter(deleted_at__isnull=True)


class TagQuerySet(LiveQuerySet):
    def with_counts(self, user: User) -> Self:
        """Each tag with `carriers`: the customers on whom it sits now, as far as the user may see them."""
        seen = Q(follows__status="live")
        if not user.sees_whole_corp:
            seen &= Q(follows__staff__in=user.colleagues())
        return self.annotate(carriers=Count("follows__customer", filter=seen, distinct=True))


class TagGroup(models.Model):
    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="tag_groups")
    wecom_id = models.CharField(max_length=64)
    name = models.CharField(max_length=30)
    order = models.BigIntegerField(default=0, help_text=_("larger first, as in WeCom"))
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = LiveQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag group")
        verbose_name_plural = _("tag groups")
        ordering = ["-order", "pk"]
        constraints = [models.UniqueConstraint(fields=["corp", "wecom_id"], name="one_tag_group_per_wecom_id")]

    def __str__(self) -> str:
        return self.name

    @property
    def ours(self) -> bool:
        """Whether this app may rename or delete the group: it has made every tag in it."""
        made_here = [tag.ours for tag in self.tags.all() if tag.deleted_at is None]
        return bool(made_here) and all(made_here)


class Tag(models.Model):
    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="tags")
    group = models.ForeignKey(TagGroup, on_delete=models.CASCADE, related_name="tags")
    wecom_id = models.CharField(max_length=64)
    name = models.CharField(max_length=30)
    order = models.BigIntegerField(default=0, help_text=_("larger first, as in WeCom"))
    ours = models.BooleanField(default=False, help_text=_("made by this app, so that this app may edit and delete it"))
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["-order", "pk"]
        constraints = [models.UniqueConstraint(fields=["corp", "wecom_id"], name="one_tag_per_wecom_id")]

    def __str__(self) -> str:
        return self.name
