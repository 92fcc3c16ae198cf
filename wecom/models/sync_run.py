from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wecom.errors import WrongState
from wecom.models.corp import Corp, ScopedQuerySet

STALE_AFTER = timedelta(minutes=5)


class SyncRunQuerySet(ScopedQuerySet):
    def running(self) -> Self:
        return self.filter(status=SyncRun.Status.RUNNING)

    def stale(self, now: datetime | None = None) -> Self:
        """Running by their own account, but silent for five minutes: their worker is dead."""
        return self.running().filter(heartbeat_at__lt=(now or timezone.now()) - STALE_AFTER)

    def start(self, corp: Corp, kind: str, *, started_by: str = "") -> "SyncRun":
        """Begin a run. Refused while another of the same corp and kind is alive; a dead one is marked stopped."""
        self.of(corp).filter(kind=kind).stale().update(status=SyncRun.Status.STOPPED, finished_at=timezone.now())
        try:
            with transaction.atomic():
                run: SyncRun = self.create(corp=corp, kind=kind, started_by=started_by)
        except IntegrityError:
            raise WrongState(_("A sync of this kind is already running."))
        return run


class SyncRun(models.Model):
    """One pass of a full sync: how far it is, what it did, where it goes on after an interruption.

    Its times are real ones, also where a sandbox turns the clock: they tell whether a worker lives, and how fast.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")

    corp = models.ForeignKey(Corp, models.CASCADE, related_name="sync_runs", verbose_name=_("corp"))
    kind = models.CharField(_("kind"), max_length=30)
    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.RUNNING)
    phase = models.CharField(_("phase"), max_length=50, blank=True, default="")
    cursor = models.JSONField(_("cursor"), default=dict, blank=True)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), null=True, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), default=timezone.now)
    error = models.TextField(_("error"), blank=True, default="")
    started_by = models.CharField(_("started by"), max_length=150, blank=True, default="")

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["corp", "kind"], condition=models.Q(status="running"), name="one_running_sync_per_kind"
            ),
        ]
        indexes = [
            # the sync page and `resume`: the latest run of a kind
            models.Index(fields=["corp", "kind", "-id"], name="sync_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"

    @classmethod
    def start(cls, corp: Corp, kind: str, *, started_by: str = "") -> "SyncRun":
        """Begin a run; WrongState while another of the same corp and kind is alive."""
        return cls.objects.start(corp, kind, started_by=started_by)

    def advance(
        self, *, phase: str | None = None, cursor: Any = None, done: int = 0, total: int | None = None, **counts: int
    ) -> None:
        """Record progress: `done` and the counts (added, changed, gone, unchanged) are what this step adds.

        Refused when the run is no longer running, so that a stopped or superseded worker ends itself.
        """
        for name, number in counts.items():
            self.counts[name] = self.counts.get(name, 0) + number
        changes: dict[str, Any] = {"done": F("done") + done, "counts": self.counts, "heartbeat_at": timezone.now()}
        given = {"phase": phase, "cursor": cursor, "total": total}
        changes |= {name: value for name, value in given.items() if value is not None}
        if not SyncRun.objects.running().filter(pk=self.pk).update(**changes):
            raise WrongState(_("This sync was stopped."))
        self.refresh_from_db()

    def finish(self) -> None:
        self._end(self.Status.DONE)

    def fail(self, error: str) -> None:
        """End with an error; the cursor stays, so that `resume` goes on from there."""
        self._end(self.Status.FAILED, error=error)

    def stop(self) -> None:
        """Ask the worker to end: its next `advance` is refused."""
        self._end(self.Status.STOPPED)

    def resume(self) -> None:
        """Go on with a failed, stopped or dead run from its cursor."""
        now = timezone.now()
        dead = models.Q(status=self.Status.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
        ended = models.Q(status__in=[self.Status.FAILED, self.Status.STOPPED])
        others = SyncRun.objects.of(self.corp).running().filter(kind=self.kind).exclude(pk=self.pk)
        if others.exists():
            raise WrongState(_("A sync of this kind is already running."))
        moved = (
            SyncRun.objects.filter(pk=self.pk)
            .filter(dead | ended)
            .update(status=self.Status.RUNNING, error="", finished_at=None, heartbeat_at=now)
        )
        if not moved:
            raise WrongState(_("Only a failed or stopped sync can be resumed."))
        self.refresh_from_db()

    @property
    def rate(self) -> float:
        """Rows per second of its life so far."""
        seconds = ((self.finished_at or self.heartbeat_at) - self.started_at).total_seconds()
        return self.done / seconds if seconds > 0 else 0.0

    @property
    def percent(self) -> int | None:
        return min(100, self.done * 100 // self.total) if self.total else None

    def _end(self, status: str, *, error: str = "") -> None:
        now = timezone.now()
        changes = {"status": status, "error": error, "finished_at": now, "heartbeat_at": now}
        if not SyncRun.objects.running().filter(pk=self.pk).update(**changes):
            raise WrongState(_("This sync is not running."))
        self.refresh_from_db()
