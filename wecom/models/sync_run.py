from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wecom.errors import WeComError, WrongState
from wecom.models.corp import Corp, ScopedQuerySet

STALE_AFTER = timedelta(minutes=5)
EXAMPLES = 20  # kept of each sort of difference
KEPT = 60  # runs kept of each kind

Example = dict[str, Any]  # id as WeCom has it, and where it helps: staff, fields
Examples = Mapping[str, Collection[Example]]  # by sort of difference: added, changed, gone, …


class SyncRunQuerySet(ScopedQuerySet):
    def running(self) -> Self:
        return self.filter(status=SyncRun.Status.RUNNING)

    def stale(self, now: datetime | None = None) -> Self:
        """Running by their own account, but silent for five minutes: their worker is dead."""
        return self.running().filter(heartbeat_at__lt=(now or timezone.now()) - STALE_AFTER)

    def whole(self) -> Self:
        """Passes over the whole corp, not over one member of staff."""
        return self.filter(subject="")

    def latest_by_kind(self) -> dict[str, "SyncRun"]:
        return {run.kind: run for run in self.order_by("kind", "-id").distinct("kind")}

    def start(
        self, corp: Corp, kind: str, *, started_by: str = "", subject: str = "", then: Collection[str] = ()
    ) -> "SyncRun":
        """Begin a run. Refused while another like it is alive; a dead one is marked stopped, old ones are dropped."""
        same = self.of(corp).filter(kind=kind)
        same.filter(subject=subject).stale().update(status=SyncRun.Status.STOPPED, finished_at=timezone.now())
        old = [*same.exclude(status=SyncRun.Status.RUNNING).order_by("-pk").values_list("pk", flat=True)[KEPT:]]
        self.filter(pk__in=old).delete()
        try:
            with transaction.atomic():
                run: SyncRun = self.create(
                    corp=corp, kind=kind, subject=subject, started_by=started_by, then=list(then)
                )
        except IntegrityError:
            raise WrongState(_("A sync of this kind is already running."))
        return run


class SyncRun(models.Model):
    """One pass of a sync: how far it is, what it did, where it goes on after an interruption.

    Its times are real ones, also where a sandbox turns the clock: they tell whether a worker lives, and how fast.
    `done` and `total` count what the phase in hand goes over; `counts` says what the whole run has found.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")

    corp = models.ForeignKey(Corp, models.CASCADE, related_name="sync_runs", verbose_name=_("corp"))
    kind = models.CharField(_("kind"), max_length=30)
    subject = models.CharField(
        _("subject"), max_length=64, blank=True, default="", help_text=_("userid, where only one member is synced")
    )
    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.RUNNING)
    phase = models.CharField(_("phase"), max_length=50, blank=True, default="")
    cursor = models.JSONField(_("cursor"), default=dict, blank=True)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), null=True, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    report = models.JSONField(_("report"), default=dict, blank=True, help_text=_("examples of what was different"))
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), default=timezone.now)
    paused = models.DurationField(_("paused"), default=timedelta, help_text=_("between interruptions and resumptions"))
    measured_at = models.DateTimeField(
        _("measured since"), default=timezone.now, help_text=_("the phase began or was resumed")
    )
    measured_from = models.PositiveIntegerField(_("measured from"), default=0, help_text=_("what was done by then"))
    resumed = models.PositiveSmallIntegerField(_("times resumed"), default=0)
    then = models.JSONField(_("then"), default=list, blank=True, help_text=_("kinds that follow"))
    error = models.TextField(_("error"), blank=True, default="")
    trouble = models.JSONField(_("trouble"), default=dict, blank=True, help_text=_("WeCom's last refusal, in parts"))
    started_by = models.CharField(_("started by"), max_length=150, blank=True, default="")

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["corp", "kind", "subject"],
                condition=models.Q(status="running"),
                name="one_running_sync_per_kind_and_subject",
            ),
        ]
        indexes = [
            # the sync page and `resume`: the latest run of a kind
            models.Index(fields=["corp", "kind", "-id"], name="sync_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"

    @classmethod
    def start(
        cls, corp: Corp, kind: str, *, started_by: str = "", subject: str = "", then: Collection[str] = ()
    ) -> "SyncRun":
        """Begin a run; WrongState while another of the same corp, kind and subject is alive."""
        return cls.objects.start(corp, kind, started_by=started_by, subject=subject, then=then)

    def advance(
        self,
        *,
        phase: str | None = None,
        cursor: Any = None,
        done: int = 0,
        total: int | None = None,
        examples: Examples | None = None,
        **counts: int,
    ) -> None:
        """Record progress: `done`, the counts (added, changed, gone, …) and the examples are what this step adds.

        A new phase counts from 0 again. Refused when the run is no longer running, so that a stopped or superseded
        worker ends itself.
        """
        now = timezone.now()
        begins = phase is not None and phase != self.phase
        changes: dict[str, Any] = {"heartbeat_at": now, "done": done if begins else self.done + done}
        if begins:
            changes |= {"phase": phase, "total": total, "measured_at": now, "measured_from": 0}
        if counts:
            changes["counts"] = self.counts | {name: self.counts.get(name, 0) + n for name, n in counts.items()}
        if examples and (report := _with_examples(self.report, examples)) != self.report:
            changes["report"] = report
        changes |= {name: value for name, value in {"cursor": cursor, "total": total}.items() if value is not None}
        self._update(changes)
        for name, value in changes.items():
            setattr(self, name, value)

    def beat(self, error: WeComError | None = None) -> None:
        """A sign of life from whoever waits, in any thread; `error`: what for. Refused as `advance` is."""
        self._update({"heartbeat_at": timezone.now(), **(_told(error) if error else {})})

    def finish(self) -> None:
        self._end(self.Status.DONE)

    def fail(self, error: str | WeComError) -> None:
        """End with an error; the cursor stays, so that `resume` goes on from there."""
        told = _told(error) if isinstance(error, WeComError) else {"error": error}
        self._end(self.Status.FAILED, **told)

    def stop(self) -> None:
        """Ask the worker to end: its next `advance` is refused."""
        self._end(self.Status.STOPPED)

    def resume(self, then: Collection[str] | None = None) -> None:
        """Go on with a failed, stopped or dead run from its cursor; `then`: kinds that follow now, if others do."""
        now = timezone.now()
        dead = models.Q(status=self.Status.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
        ended = models.Q(status__in=[self.Status.FAILED, self.Status.STOPPED])
        others = SyncRun.objects.of(self.corp).running().filter(kind=self.kind, subject=self.subject)
        if others.exclude(pk=self.pk).exists():
            raise WrongState(_("A sync of this kind is already running."))
        moved = (
            SyncRun.objects.filter(pk=self.pk)
            .filter(dead | ended)
            .update(
                status=self.Status.RUNNING,
                error="",
                trouble={},
                finished_at=None,
                heartbeat_at=now,
                paused=self.paused + (now - (self.finished_at or self.heartbeat_at)),
                measured_at=now,
                measured_from=self.done,
                resumed=self.resumed + 1,
                then=self.then if then is None else list(then),
            )
        )
        if not moved:
            raise WrongState(_("Only a failed or stopped sync can be resumed."))
        self.refresh_from_db()

    @property
    def duration(self) -> timedelta:
        """Time at work, interruptions left out."""
        return (self.finished_at or self.heartbeat_at) - self.started_at - self.paused

    @property
    def rows(self) -> int:
        """What was looked at altogether."""
        return sum(self.counts.get(name, 0) for name in ("added", "changed", "unchanged"))

    @property
    def rate(self) -> float:
        """Per second: of the phase in hand, since it began or was resumed; of a finished run as a whole."""
        if self.status == self.Status.DONE:
            seconds, done = self.duration.total_seconds(), self.rows
        else:
            seconds = ((self.finished_at or self.heartbeat_at) - self.measured_at).total_seconds()
            done = self.done - self.measured_from
        return done / seconds if seconds > 0 else 0.0

    @property
    def percent(self) -> int | None:
        return min(100, self.done * 100 // self.total) if self.total else None

    @property
    def left(self) -> timedelta | None:
        """How much longer the phase in hand takes at its present rate; None while nobody can tell."""
        if self.status != self.Status.RUNNING or not self.total or not self.rate:
            return None
        return timedelta(seconds=max(0, self.total - self.done) / self.rate)

    @property
    def silent(self) -> bool:
        """Running by its own account, but nobody is at it."""
        return self.status == self.Status.RUNNING and self.heartbeat_at < timezone.now() - STALE_AFTER

    def _end(self, status: str, *, error: str = "", trouble: Mapping[str, Any] | None = None) -> None:
        now = timezone.now()
        ending = {"status": status, "error": error, "trouble": trouble or {}, "finished_at": now, "heartbeat_at": now}
        if not SyncRun.objects.running().filter(pk=self.pk).update(**ending):
            raise WrongState(_("This sync is not running."))
        self.refresh_from_db()

    def _update(self, changes: Mapping[str, Any]) -> None:
        if not SyncRun.objects.running().filter(pk=self.pk).update(**changes):
            raise WrongState(_("This sync was stopped."))


def _told(error: WeComError) -> dict[str, Any]:
    """A refusal as two columns: WeCom's words, and the parts from which a page makes its own."""
    parts = {"kind": str(error.kind), "code": error.errcode, "endpoint": error.endpoint}
    until = {"retry_at": error.retry_at.isoformat()} if error.retry_at else {}
    return {"error": str(error), "trouble": {**parts, **until}}


def _with_examples(report: dict[str, Any], examples: Examples) -> dict[str, Any]:
    """The report with as many of the examples as there is room for."""
    report = dict(report)
    for sort, found in examples.items():
        kept = report.get(sort, [])
        new = [example for example in found if example not in kept]
        if new and len(kept) < EXAMPLES:
            report[sort] = [*kept, *new][:EXAMPLES]
    return report
