"""Tag groups, their tags, and how many customers carry each."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from staff.access import operators, signed_in
from staff.editing import posted
from staff.requests import Request
from staff.swap import answer
from tags import verbs
from tags.forms import GroupForm, NameForm, TagsForm
from tags.models import Tag, TagGroup

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@signed_in
def tags(request: Request) -> HttpResponse:
    counted = Tag.objects.of(request.corp).live().with_counts(request.user)
    groups = TagGroup.objects.of(request.corp).live().prefetch_related(Prefetch("tags", counted))
    return answer(request, "tags/tags.html", {"groups": list(groups)}, part="groups")


@form_methods
@operators
def tag_group_new(request: Request) -> HttpResponse:
    form = GroupForm(posted(request))
    if form.is_valid() and form.save(request.corp, request.user):
        return done(request, _("Group created in WeCom and here."))
    return ask(request, form, _("New tag group"))


@form_methods
@operators
def tag_new(request: Request, pk: int) -> HttpResponse:
    group = get_object_or_404(TagGroup.objects.of(request.corp).live(), pk=pk)
    form = TagsForm(posted(request))
    if form.is_valid() and form.save(group, request.user):
        return done(request, _("Tags created in WeCom and here."))
    return ask(request, form, _("New tags in “%(group)s”") % {"group": group})


@form_methods
@operators
def tag_group_rename(request: Request, pk: int) -> HttpResponse:
    return rename(request, get_object_or_404(TagGroup.objects.of(request.corp).live(), pk=pk))


@form_methods
@operators
def tag_rename(request: Request, pk: int) -> HttpResponse:
    return rename(request, get_object_or_404(Tag.objects.of(request.corp).live(), pk=pk))


def rename(request: Request, item: Tag | TagGroup) -> HttpResponse:
    form = NameForm(posted(request), initial={"name": item.name})
    if form.is_valid() and form.save(item, request.user):
        return done(request, _("Renamed in WeCom and here."))
    return ask(request, form, _("Rename “%(name)s”") % {"name": item})


@form_methods
@operators
def tag_group_delete(request: Request, pk: int) -> HttpResponse:
    group = get_object_or_404(TagGroup.objects.of(request.corp).live(), pk=pk)
    losing = Tag.objects.of(request.corp).live().filter(group=group).with_counts(request.user)
    return delete(request, group, list(losing))


@form_methods
@operators
def tag_delete(request: Request, pk: int) -> HttpResponse:
    tag = get_object_or_404(Tag.objects.of(request.corp).live().with_counts(request.user), pk=pk)
    return delete(request, tag, [tag])


def delete(request: Request, item: Tag | TagGroup, losing: list[Tag]) -> HttpResponse:
    if request.method == "POST":
        verbs.delete(item, user=request.user)
        return done(request, _("Deleted in WeCom and here."))
    return answer(request, "tags/delete.html", {"item": item, "losing": losing}, part="form")


def ask(request: Request, form: GroupForm | NameForm | TagsForm, title: str) -> HttpResponse:
    return answer(request, "tags/form.html", {"form": form, "title": title}, part="form")


def done(request: Request, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect("tags")
