"""The library: materials in folders, scripts in categories. Verbs of people who may change what the corp uses."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from content.models import Folder, Material, MaterialKind, Script, ScriptCategory
from staff.errors import WrongState
from staff.models import AuditEntry, User
from wecom import clock
from wecom.models import Corp

Drawer = Folder | ScriptCategory
FACTS = {Folder: "folder", ScriptCategory: "script_category"}


def add(
    corp: Corp, kind: MaterialKind, body: dict[str, Any], *, title: str, folder: Folder | None, user: User
) -> Material:
    """Keep a text, a link or a mini-program card; ``body`` is its content item, checked by the caller."""
    with transaction.atomic():
        material = Material.objects.create(
            corp=corp, kind=kind, body=body, title=title, folder=folder, created_by=user
        )
        AuditEntry.write(user, "material.created", material, kind=kind)
    return material


def change(
    material: Material, *, title: str, folder: Folder | None, body: dict[str, Any] | None = None, user: User
) -> None:
    """Change how it is found, and what it says. Copies that stand elsewhere stay as they are."""
    material.title, material.folder = title, folder
    if body is not None:
        material.body = body
    with transaction.atomic():
        material.save(update_fields=["title", "folder", "body"])
        AuditEntry.write(user, "material.changed", material)


def delete(material: Material, *, user: User) -> None:
    """Raises WrongState while a campaign or contact way needs the original."""
    holders = material.uses.filter(copied=False).count()
    if material.body is None and holders:
        raise WrongState(
            ngettext(
                "%(n)d campaign or contact way still sends it. Take it out there first.",
                "%(n)d campaigns or contact ways still send it. Take it out there first.",
                holders,
            )
            % {"n": holders}
        )
    storage, stored = material.file.storage, material.file.name
    with transaction.atomic():
        AuditEntry.write(user, "material.deleted", material)
        material.delete()
        if stored:
            transaction.on_commit(lambda: storage.delete(stored))


def name_drawer(drawer: Drawer, name: str, *, user: User) -> None:
    """Save a new folder or category, or rename one. Raises WrongState when there is one of that name."""
    fact = "renamed" if drawer.pk else "created"
    drawer.name = name
    try:
        with transaction.atomic():
            drawer.save()
            AuditEntry.write(user, f"{FACTS[type(drawer)]}.{fact}", drawer)
    except IntegrityError:
        raise WrongState(_("“%(name)s” exists already.") % {"name": name})


def delete_drawer(drawer: Drawer, *, user: User) -> None:
    """What lay in it lies outside any folder or category afterwards."""
    with transaction.atomic():
        AuditEntry.write(user, f"{FACTS[type(drawer)]}.deleted", drawer)
        drawer.delete()


def write_script(script: Script, *, user: User) -> None:
    """Save a script, new or changed."""
    fact = "changed" if script.pk else "created"
    script.updated_at, script.updated_by = clock.now(), user
    with transaction.atomic():
        script.save()
        AuditEntry.write(user, f"script.{fact}", script)


def delete_script(script: Script, *, user: User) -> None:
    with transaction.atomic():
        AuditEntry.write(user, "script.deleted", script)
        script.delete()
