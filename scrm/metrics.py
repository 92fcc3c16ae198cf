"""The numbers for Prometheus."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate

from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from campaigns.models import Batch, Delivery, Task
from wecom import clock, lag
from wecom.journal import BOUNDS, BUCKETS
from wecom.limits import HOUR, MINUTE
from wecom.models import Corp, EndpointHour, EndpointWindow, InboxEvent, SyncRun

UNFINISHED = ("pending", "working", "parked")
LATELY = timedelta(hours=1)


class Numbers(Collector):
    """Read from the tables at each scrape: rows are the truth, and every process tells the same."""

    def collect(self) -> Iterator[Metric]:
        self.corps = dict(Corp.objects.values_list("pk", "corpid"))
        self.now = clock.now()
        yield from self._inbox()
        yield self._handled_within()
        yield self._by_status("scrm_deliveries", "Deliveries by status", Delivery)
        yield self._by_status("scrm_batches", "Batches (mass-send tasks at WeCom) by status", Batch)
        yield self._by_status("scrm_tasks", "Tasks of staff by status", Task)
        windows = list(EndpointWindow.objects.filter(corp__in=list(self.corps)))
        yield from self._calls(windows)
        yield from self._use(windows)
        yield self._latency()
        yield self._sync()

    def _inbox(self) -> Iterator[Metric]:
        labels = ["corp", "lane", "state"]
        events = GaugeMetricFamily("scrm_inbox_events", "Callbacks that are not finished", labels=labels)
        # the corps are named so that the index by corp and state is used
        rows = InboxEvent.objects.filter(corp__in=list(self.corps), state__in=UNFINISHED)
        oldest: datetime | None = None
        grouped = rows.values_list("corp_id", "lane", "state").annotate(Count("pk"), Min("received_at")).order_by()
        for corp, lane, state, count, since in grouped:
            events.add_metric([self.corps[corp], lane, state], count)
            if state != "parked":
                oldest = min(since, oldest or since)
        yield events
        age = max((self.now - oldest).total_seconds(), 0) if oldest else 0
        yield GaugeMetricFamily("scrm_inbox_lag_seconds", "Age of the oldest unhandled callback", value=age)

    def _handled_within(self) -> Metric:
        text = "Seconds from receiving to handling, of the callbacks of the last hour"
        family = GaugeMetricFamily("scrm_inbox_handling_seconds", text, labels=["corp", "quantile"])
        for corp, found in lag.by_corp(list(self.corps), self.now - LATELY).items():
            for quantile, seconds in (("0.5", found.p50), ("0.95", found.p95)):
                family.add_metric([self.corps[corp], quantile], seconds or 0)
        return family

    def _by_status(self, name: str, text: str, model: type[Delivery] | type[Batch] | type[Task]) -> Metric:
        family = GaugeMetricFamily(name, text, labels=["corp", "status"])
        rows = model.objects.values_list("corp__corpid", "status").annotate(Count("pk")).order_by()
        for corpid, status, count in rows:
            family.add_metric([corpid, status], count)
        return family

    def _calls(self, windows: list[EndpointWindow]) -> Iterator[Metric]:
        calls = GaugeMetricFamily("scrm_wecom_calls", "Calls of WeCom's API so far", labels=["corp", "endpoint"])
        errors = GaugeMetricFamily("scrm_wecom_errors", "Refusals so far", labels=["corp", "endpoint", "errcode"])
        for window in windows:
            place = [self.corps[window.corp_id], window.endpoint]
            calls.add_metric(place, window.calls)
            for code, times in window.errors_by_code.items():
                errors.add_metric([*place, str(code)], times)
        yield from (calls, errors)

    def _use(self, windows: list[EndpointWindow]) -> Iterator[Metric]:
        text = "Share of WeCom's frequency limit that is used in the running minute and hour"
        use = GaugeMetricFamily("scrm_wecom_window_use", text, labels=["corp", "endpoint", "window"])
        text = "Seconds until an endpoint that rests after 45009 goes on"
        rests = GaugeMetricFamily("scrm_wecom_resting_seconds", text, labels=["corp", "endpoint"])
        resting = 0
        for window in windows:
            place = [self.corps[window.corp_id], window.endpoint]
            use.add_metric([*place, "minute"], window.calls_in_minute(self.now) / MINUTE.calls)
            use.add_metric([*place, "hour"], window.calls_in_hour(self.now) / HOUR.calls)
            if window.resting_until and window.rests(self.now):
                resting += 1
                rests.add_metric(place, (window.resting_until - self.now).total_seconds())
        yield from (use, rests)
        yield GaugeMetricFamily("scrm_wecom_endpoints_resting", "Endpoints that rest after 45009", value=resting)

    def _latency(self) -> Metric:
        text = "Seconds that WeCom took to answer"
        family = HistogramMetricFamily("scrm_wecom_call_seconds", text, labels=["corp", "endpoint"])
        totals = EndpointHour.objects.filter(corp__in=list(self.corps), hour=None)
        rows = totals.values_list("corp_id", "endpoint", "latency", "seconds")
        for corp, endpoint, latency, seconds in rows:
            counts = accumulate([*latency, *[0] * (BUCKETS - len(latency))])
            bounds = [*(str(bound) for bound in BOUNDS), "+Inf"]
            family.add_metric([self.corps[corp], endpoint], list(zip(bounds, counts, strict=True)), seconds)
        return family

    def _sync(self) -> Metric:
        family = GaugeMetricFamily("scrm_sync_runs", "Sync runs by status", labels=["corp", "status"])
        rows = SyncRun.objects.values_list("corp__corpid", "status").annotate(Count("pk")).order_by()
        for corpid, status, count in rows:
            family.add_metric([corpid, status], count)
        return family
