"""Support's view of people: log-ins can be edited, the org tree is WeCom's."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from staff.models import AuditEntry, Department, Staff, User
from wecom.admin import Facts


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "corp", "role", "staff", "is_active", "is_superuser", "last_login")
    list_filter = ("corp", "role", "is_active", "is_superuser")
    list_select_related = ("corp", "staff")
    autocomplete_fields = ("corp", "staff")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Place"), {"fields": ("corp", "role", "staff")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (_("Place"), {"fields": ("corp", "role", "staff", "is_superuser")}),
    )


@admin.register(Department)
class DepartmentAdmin(Facts):
    list_display = ("name", "corp", "wecom_id", "path", "order")
    list_filter = ("corp",)
    list_select_related = ("corp",)
    search_fields = ("name",)


@admin.register(Staff)
class StaffAdmin(Facts):
    list_display = ("name", "userid", "corp", "department_ids", "active", "serves_customers", "synced_at")
    list_filter = ("corp", "active", "serves_customers")
    list_select_related = ("corp",)
    search_fields = ("name", "userid", "alias")


@admin.register(AuditEntry)
class AuditEntryAdmin(Facts):
    list_display = ("at", "corp", "user", "action", "target", "ip")
    list_filter = ("corp", "action")
    list_select_related = ("corp", "user")
    search_fields = ("target", "target_id", "user__username")
    date_hierarchy = "at"
