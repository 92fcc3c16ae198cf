"""Scripts (话术): words for staff to say or send, ready to be copied."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from content import library, variables
from content.forms import DrawerForm, ScriptForm
from content.models import Script, ScriptCategory
from staff.access import operators, signed_in
from staff.editing import posted
from staff.requests import Request
from staff.swap import answer
from wecom.text import clean

form_methods = require_http_methods(["GET", "HEAD", "POST"])
MOST = 200  # shown at once; the search finds the others


@require_safe
@signed_in
def scripts(request: Request) -> HttpResponse:
    """`?q=` words, `?category=` a category's number, `?name=` of the customer whom the words are for."""
    categories = list(ScriptCategory.objects.of(request.corp).annotate(held=Count("script")))
    chosen = {"q": clean(request.GET.get("q", ""))[:60], "category": request.GET.get("category", "")}
    rows = Script.objects.of(request.corp).visible_to(request.user).select_related("category")
    for word in chosen["q"].split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(text__icontains=word))
    if chosen["category"]:
        rows = rows.filter(category=next((c for c in categories if str(c.pk) == chosen["category"]), -1))
    found = list(rows.order_by("category__name", "title", "pk")[:MOST])
    for script in found:
        script.spoken = variables.fill(script.text, names_for(request))
    context = {"scripts": found, "categories": categories, "chosen": chosen, "in_use": any(chosen.values())}
    return answer(request, "content/scripts.html", context, part="list")


def names_for(request: Request) -> dict[str, str]:
    """What we know of the names when somebody reads a script: his own, and the customer's if he came from there."""
    names = {"corp_name": request.corp.name}
    if request.user.staff_id:
        names["staff_name"] = str(request.user.staff)
    if customer := clean(request.GET.get("name", ""))[:64]:
        names["customer_name"] = customer
    return names


@form_methods
@operators
def script_new(request: Request) -> HttpResponse:
    return write(request, Script(corp=request.corp), _("New script"))


@form_methods
@operators
def script_edit(request: Request, pk: int) -> HttpResponse:
    return write(request, get_object_or_404(Script.objects.of(request.corp), pk=pk), _("Edit script"))


def write(request: Request, script: Script, title: str) -> HttpResponse:
    form = ScriptForm(posted(request), script=script)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Saved."))
        return redirect("scripts")
    return ask(request, form, title)


def ask(request: Request, form: ScriptForm | DrawerForm, title: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": "scripts", "back_label": _("Scripts")}
    return answer(request, "content/drawer_form.html", context, part="form")


@form_methods
@operators
def script_delete(request: Request, pk: int) -> HttpResponse:
    script = get_object_or_404(Script.objects.of(request.corp), pk=pk)
    if request.method == "POST":
        library.delete_script(script, user=request.user)
        messages.success(request, _("Deleted."))
        return redirect("scripts")
    return answer(request, "content/drawer_delete.html", {"drawer": script, "back": "scripts"}, part="form")


@form_methods
@operators
def category_new(request: Request) -> HttpResponse:
    return name_category(request, ScriptCategory(corp=request.corp), _("New category"))


@form_methods
@operators
def category_rename(request: Request, pk: int) -> HttpResponse:
    category = get_object_or_404(ScriptCategory.objects.of(request.corp), pk=pk)
    return name_category(request, category, _("Rename “%(name)s”") % {"name": category})


def name_category(request: Request, category: ScriptCategory, title: str) -> HttpResponse:
    form = DrawerForm(posted(request), initial={"name": category.name})
    if form.is_valid() and form.save(category, request.user):
        messages.success(request, _("Saved."))
        return redirect("scripts")
    return ask(request, form, title)


@form_methods
@operators
def category_delete(request: Request, pk: int) -> HttpResponse:
    category = get_object_or_404(ScriptCategory.objects.of(request.corp).annotate(held=Count("script")), pk=pk)
    if request.method == "POST":
        library.delete_drawer(category, user=request.user)
        messages.success(request, _("Deleted. Its scripts are in the list still."))
        return redirect("scripts")
    return answer(request, "content/drawer_delete.html", {"drawer": category, "back": "scripts"}, part="form")
