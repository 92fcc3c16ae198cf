"""Work for people: phone-first, two taps for a follow-up."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns import worklist
from campaigns.forms.tasks import SkipForm, TaskFilter
from campaigns.models import Task
from campaigns.models.work import TaskQuerySet
from staff.access import signed_in
from staff.models import Role
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer


def own(request: Request) -> TaskQuerySet:
    rows: TaskQuerySet = Task.objects.of(request.corp).visible_to(request.user)
    return rows


@require_safe
@signed_in
def tasks(request: Request) -> HttpResponse:
    filters = TaskFilter(request.GET, user=request.user, corp=request.corp)
    rows = filters.apply(own(request))
    period = filters.period
    page = keyset(worklist.with_content(worklist.of_period(rows, period)), request.GET, "pk", size=100)
    context = {
        "filters": filters,
        "period": period,
        "counts": worklist.counts(rows),
        "page": page,
        "bundles": worklist.bundled(page.rows, request.corp),
        "skip_form": SkipForm(),
        **layout(request),
    }
    return answer(request, "campaigns/tasks.html", context, part="list")


def layout(request: Request) -> dict[str, Any]:
    """Frontline staff hold a phone; those who look after others sit at a desk."""
    at_desk = request.user.role != Role.FRONTLINE
    return {"layout": "base.html" if at_desk else "phone.html", "at_desk": at_desk}


@require_POST
@signed_in
def task_done(request: Request, pk: int) -> HttpResponse:
    task = get_object_or_404(own(request), pk=pk)
    task.done(request.user)
    return finished(request, task, _("Done."))


@require_POST
@signed_in
def task_skip(request: Request, pk: int) -> HttpResponse:
    task = get_object_or_404(own(request), pk=pk)
    form = SkipForm(request.POST)
    if not form.is_valid():
        context = {"task": task, "skip_form": form, **layout(request)}
        return answer(request, "campaigns/task_skip.html", context, part="form")
    task.skip(request.user, form.cleaned_data["reason"])
    return finished(request, task, _("Skipped."))


def finished(request: Request, task: Task, message: str) -> HttpResponse:
    """htmx: the task's line as it is now, and the counts; otherwise back to the list."""
    if not request.htmx:
        messages.success(request, message)
        return redirect("tasks")
    looked_at = QueryDict(urlsplit(request.htmx.current_url or "").query)
    rows = TaskFilter(looked_at, user=request.user, corp=request.corp).apply(own(request))
    shown = worklist.with_content(own(request)).get(pk=task.pk)
    context = {"task": shown, "counts": worklist.counts(rows), **layout(request)}
    return render(request, "campaigns/parts/task_finished.html", context)
