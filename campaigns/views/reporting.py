"""One campaign: how it is doing, step by step and staff by staff, and who is in it."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from campaigns import reminders, reports
from campaigns.definitions import as_definition
from campaigns.forms.editor import Editor, state_of
from campaigns.forms.filters import EnrollmentFilter
from campaigns.funnel import COLOURS, Funnel, Person
from campaigns.health import health
from campaigns.models import Campaign, Delivery, Enrollment, Step
from campaigns.models.passage import EnrollmentQuerySet
from staff.access import signed_in
from staff.models import User
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer


def seen(request: Request, pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.of(request.corp).visible_to(request.user), pk=pk)


@require_safe
@signed_in
def campaign(request: Request, pk: int) -> HttpResponse:
    shown = seen(request, pk)
    report = reports.report(shown, request.user)
    steps = Step.objects.select_related("version").in_bulk([row.step_id for row in report.steps])
    rows = [Funnel(row.deliveries, steps[row.step_id], row.reasons) for row in report.steps]
    context = {
        "campaign": shown,
        "published": shown.published,
        "draft": shown.draft,
        "health": health([shown], request.user)[shown.pk],
        "report": report,
        "steps": rows,
        "people": [Person(row.deliveries, row) for row in report.staff],
        "remindable": set(reminders.waiting(shown).values_list("staff", flat=True)),
        "several_versions": len({row.step.version_id for row in rows}) > 1,
        "any_reason": any(row.reasons for row in rows),
        "legend": COLOURS.items(),
    }
    return render(request, "campaigns/campaign.html", context)


@require_safe
@signed_in
def campaign_plan(request: Request, pk: int) -> HttpResponse:
    """The version asked for, or the one in force, or the draft."""
    shown = seen(request, pk)
    versions = list(shown.versions.order_by("number"))
    asked = [version for version in versions if str(version.number) == request.GET.get("version")]
    version = next(iter(asked), None) or shown.published or versions[-1]
    context = {
        "campaign": shown,
        "version": version,
        "versions": versions,
        "steps": version.steps.all(),
        "editor": Editor(shown.corp, state_of(as_definition(version))),
    }
    return render(request, "campaigns/plan.html", context)


@require_safe
@signed_in
def campaign_customers(request: Request, pk: int) -> HttpResponse:
    shown = seen(request, pk)
    filters = EnrollmentFilter(request.GET)
    rows = filters.apply(Enrollment.objects.visible_to(request.user).filter(campaign=shown))
    context = {
        "campaign": shown,
        "filters": filters,
        "page": keyset(with_deliveries(rows, request.user), request.GET, "pk"),
        "count": rows.count(),
    }
    return answer(request, "campaigns/customers.html", context, part="list")


def with_deliveries(rows: EnrollmentQuerySet, user: User) -> EnrollmentQuerySet:
    """Each enrollment with `shown`: its deliveries in the order of the steps."""
    deliveries = Delivery.objects.visible_to(user).select_related("step").order_by("step__position")
    related = rows.select_related("customer", "staff", "version", "next_step", "campaign")
    return related.prefetch_related(Prefetch("deliveries", deliveries, to_attr="shown"))
