"""The material library: what messages are made of, in folders."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from content import library
from content.forms import NEW, DrawerForm, edit_form
from content.models import Folder, Material, MaterialKind
from staff.access import operators
from staff.editing import posted
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer
from wecom.text import clean

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@operators
def materials(request: Request) -> HttpResponse:
    """`?q=` words, `?kind=`, and `?folder=` a folder's number or 0 for what lies in none."""
    rows = Material.objects.of(request.corp).visible_to(request.user)
    folders = list(Folder.objects.of(request.corp).annotate(held=Count("materials")))
    chosen = {"q": clean(request.GET.get("q", ""))[:60], "kind": request.GET.get("kind", "")}
    chosen["folder"] = request.GET.get("folder", "")
    found = rows.search(chosen["q"])
    if chosen["kind"] in MaterialKind.values:
        found = found.filter(kind=chosen["kind"])
    if chosen["folder"] == "0":
        found = found.filter(folder=None)
    elif chosen["folder"]:
        found = found.filter(folder=next((f for f in folders if str(f.pk) == chosen["folder"]), -1))
    context = {
        "page": keyset(found.with_uses().select_related("folder"), request.GET, "pk"),
        "count": found.count(),
        "folders": folders,
        "kinds": MaterialKind.choices,
        "chosen": chosen,
        "in_use": any(chosen.values()),
    }
    return answer(request, "content/materials.html", context, part="list")


@form_methods
@operators
def material_new(request: Request, kind: str) -> HttpResponse:
    if kind not in NEW:
        raise Http404
    bound = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = NEW[kind](*bound, corp=request.corp, user=request.user)
    if form.is_valid() and form.save():
        messages.success(request, _("Kept in the library."))
        return redirect("materials")
    return render(request, "content/material_form.html", {"form": form, "label": MaterialKind(kind).label})


@form_methods
@operators
def material_edit(request: Request, pk: int) -> HttpResponse:
    material = material_of(request, pk)
    bound = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = edit_form(material)(*bound, corp=request.corp, user=request.user, material=material)
    if form.is_valid() and form.save():
        messages.success(request, _("Saved."))
        return redirect("materials")
    return render(
        request,
        "content/material_form.html",
        {"form": form, "material": material, "label": material.get_kind_display()},
    )


@form_methods
@operators
def material_delete(request: Request, pk: int) -> HttpResponse:
    material = material_of(request, pk)
    if request.method == "POST":
        library.delete(material, user=request.user)
        messages.success(request, _("Deleted."))
        return redirect("materials")
    return answer(request, "content/material_delete.html", {"material": material}, part="form")


def material_of(request: Request, pk: int) -> Material:
    return get_object_or_404(Material.objects.of(request.corp).visible_to(request.user).with_uses(), pk=pk)


@form_methods
@operators
def folder_new(request: Request) -> HttpResponse:
    return name_folder(request, Folder(corp=request.corp), _("New folder"))


@form_methods
@operators
def folder_rename(request: Request, pk: int) -> HttpResponse:
    folder = get_object_or_404(Folder.objects.of(request.corp), pk=pk)
    return name_folder(request, folder, _("Rename “%(name)s”") % {"name": folder})


def name_folder(request: Request, folder: Folder, title: str) -> HttpResponse:
    form = DrawerForm(posted(request), initial={"name": folder.name})
    if form.is_valid() and form.save(folder, request.user):
        messages.success(request, _("Saved."))
        return redirect("materials")
    context = {"form": form, "title": title, "back": "materials", "back_label": _("Materials")}
    return answer(request, "content/drawer_form.html", context, part="form")


@form_methods
@operators
def folder_delete(request: Request, pk: int) -> HttpResponse:
    folder = get_object_or_404(Folder.objects.of(request.corp).annotate(held=Count("materials")), pk=pk)
    if request.method == "POST":
        library.delete_drawer(folder, user=request.user)
        messages.success(request, _("Deleted. What lay in it is in the library still."))
        return redirect("materials")
    return answer(request, "content/drawer_delete.html", {"drawer": folder, "back": "materials"}, part="form")
