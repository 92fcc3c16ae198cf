"""The WeCom org tree, the people who log in, and what they changed."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from staff.origin import current_ip
from staff.scope import Scoped, Shared
from wecom import clock
from wecom.models import Corp


class Department(models.Model):
    """A department. ``path`` holds the WeCom ids from the root down to itself: "and below" is one array test."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="departments")
    wecom_id = models.BigIntegerField()
    parent_wecom_id = models.BigIntegerField(default=0)
    name = models.CharField(max_length=200)
    order = models.BigIntegerField(default=0)
    path = ArrayField(models.BigIntegerField(), default=list)

    objects = Shared.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["-order", "wecom_id"]
        constraints = [
            models.UniqueConstraint(fields=["corp", "wecom_id"], name="one_department_per_wecom_id"),
        ]

    def __str__(self) -> str:
        return self.name


class StaffQuerySet(Scoped):
    def served_by(self, user: User) -> Self:
        return self.filter(pk__in=user.colleagues())

    staff_path = "pk"

    def active(self) -> Self:
        return self.filter(active=True)

    def in_departments(self, corp: Corp, wecom_ids: list[int]) -> Self:
        """Members of the departments or of any department below them."""
        below = Department.objects.of(corp).filter(path__overlap=wecom_ids).values_list("wecom_id", flat=True)
        return self.of(corp).filter(department_ids__overlap=list(below))


class Staff(models.Model):
    """A person of the corp who serves customers."""

    corp = models.ForeignKey(Corp, on_delete=models.CASCADE, related_name="staff")
    userid = models.CharField(max_length=64, help_text=_("WeCom's userid, lower-cased"))
    name = models.CharField(max_length=200, blank=True)
    alias = models.CharField(max_length=200, blank=True)
    position = models.CharField(max_length=200, blank=True)
    department_ids = ArrayField(models.BigIntegerField(), default=list)
    main_department = models.BigIntegerField(null=True)
    active = models.BooleanField(default=True, help_text=_("still in the corp and in the app's visible range"))
    serves_customers = models.BooleanField(default=False, help_text=_("has WeCom's 客户联系 right"))
    synced_at = models.DateTimeField(default=clock.now)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        ordering = ["name", "userid"]
        constraints = [
            models.UniqueConstraint(fields=["corp", "userid"], name="one_staff_per_userid"),
            models.CheckConstraint(condition=Q(userid=Lower("userid")), name="userid_is_lower_case"),
        ]
        indexes = [
            # read by Staff.objects.in_departments: scopes and department conditions
            GinIndex(fields=["department_ids"], name="staff_departments"),
        ]

    def __str__(self) -> str:
        return self.name or self.userid

    @property
    def departments(self) -> models.QuerySet[Department]:
        return Department.objects.of(self.corp).filter(wecom_id__in=self.department_ids)


class Role(models.TextChoices):
    ADMIN = "admin", _("Admin")
    OPERATOR = "operator", _("Operator")
    MANAGER = "manager", _("Manager")
    FRONTLINE = "frontline", _("Frontline")


class User(AbstractUser):
    """Somebody who logs in. ``corp`` is empty only for an installation's superuser, who sees every corp."""

    corp = models.ForeignKey(Corp, null=True, blank=True, on_delete=models.CASCADE, related_name="users")
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.FRONTLINE)
    staff = models.OneToOneField(Staff, null=True, blank=True, on_delete=models.SET_NULL, related_name="user")

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(corp__isnull=False) | Q(is_superuser=True), name="only_a_superuser_has_no_corp"
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or (str(self.staff) if self.staff else self.username)

    @property
    def sees_every_corp(self) -> bool:
        return self.is_superuser and self.corp_id is None

    @property
    def sees_whole_corp(self) -> bool:
        return self.is_superuser or self.role in (Role.ADMIN, Role.OPERATOR)

    @property
    def is_admin(self) -> bool:
        return self.is_superuser or self.role == Role.ADMIN

    @property
    def can_operate(self) -> bool:
        """May change what the whole corp uses: tags, contact ways, campaigns."""
        return self.sees_whole_corp

    def corps(self) -> models.QuerySet[Corp]:
        return Corp.objects.all() if self.sees_every_corp else Corp.objects.filter(users=self)

    def colleagues(self) -> models.QuerySet[Staff]:
        """The staff whose customers and tasks this user may see: own, or own department and below for a manager."""
        if self.staff is None:
            return Staff.objects.none()
        if self.role == Role.MANAGER and self.staff.department_ids:
            return Staff.objects.in_departments(self.staff.corp, self.staff.department_ids)
        return Staff.objects.filter(user=self)


class SetupCode(models.Model):
    """Proves that whoever makes the first admin can read the server's log (`staff.first_admin`). At most one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    digest = models.CharField(max_length=64, blank=True, default="")
    printed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("set-up code")
        verbose_name_plural = _("set-up codes")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_setup_code_at_most")]

    def __str__(self) -> str:
        return "set-up code"


class AuditQuerySet(Scoped):
    def visible_to(self, user: User) -> Self:
        return self.in_corps_of(user) if user.is_admin else self.none()


class AuditEntry(models.Model):
    """One write by a person: who, when, what, from where. Never edited."""

    corp = models.ForeignKey(Corp, null=True, on_delete=models.CASCADE, related_name="audit_entries")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField(default=clock.now)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=200, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-at", "-pk"]
        indexes = [
            # read by the audit page: newest first within a corp
            models.Index(fields=["corp", "-at"], name="audit_of_corp"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.target}"

    @classmethod
    def write(cls, user: User | None, action: str, target: models.Model | None = None, **detail: Any) -> AuditEntry:
        """Record that ``user`` did ``action`` to ``target``; the address comes from ``staff.origin``."""
        of_target = target.pk if isinstance(target, Corp) else getattr(target, "corp_id", None)
        corp_id = of_target or (user.corp_id if user else None)
        return cls.objects.create(
            corp_id=corp_id,
            user=user,
            action=action,
            target=str(target)[:200] if target is not None else "",
            target_id=str(target.pk) if target is not None else "",
            detail=detail,
            ip=current_ip(),
        )
