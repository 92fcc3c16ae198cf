"""Frequency and concurrency limits: 45009, 45033, 45035, 41096 (doc 90312; copy 90454 of 2023-08-28).

Counts by minute and hour live in memory: a restart forgives. Counts by day and month are kept in the store.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from wecom.sandbox.apps import App
from wecom.sandbox.clock import local
from wecom.sandbox.corps import Corp
from wecom.sandbox.errors import ApiError
from wecom.sandbox.store import Store

LENGTHS = {"minute": 60, "hour": 3600}  # also for how long a rule blocks once it is broken
A_DAY, THIRTY_DAYS = 86400, 30 * 86400
IP, CORP, APP = "ip", "corp", "app"


@dataclass(frozen=True)
class Rule:
    """At most `most` calls of one endpoint in each `window` (minute, hour, day, month) by all that share `scope`.

    Lowered for a corp by its knob ``limits``: ``{endpoint: {"<scope>_<window>": most}}``.
    """

    scope: str
    window: str
    most: int
    code: int = 45009

    @property
    def name(self) -> str:
        return f"{self.scope}_{self.window}"


# Every endpoint. The corp's knobs minute_limit, hour_limit, ip_minute_limit and ip_hour_limit lower them.
EVERY = (
    Rule(IP, "minute", 20_000),
    Rule(IP, "hour", 600_000),
    Rule(CORP, "minute", 10_000),
    Rule(CORP, "hour", 150_000),
)
TICKETS = (Rule(CORP, "hour", 400), Rule(APP, "hour", 100))  # doc 90506
SPECIAL: dict[str, tuple[Rule, ...]] = {
    "get_jsapi_ticket": TICKETS,
    "ticket/get": TICKETS,
    "media/uploadimg": (Rule(CORP, "day", 1_000), Rule(CORP, "month", 3_000)),  # doc 90256
    "externalcontact/add_moment_task": (  # doc 95094
        Rule(CORP, "minute", 10),
        Rule(CORP, "month", 100_000, code=41210),
    ),
}
MISSES = {"user/getuserid": 46004}  # doc 95402: more wrong lookups than a fifth of the corp's size block it for a day
MISSES_SHARE = 0.2


@dataclass(frozen=True)
class Caller:
    corp: Corp
    app: App
    ip: str

    def key(self, scope: str) -> str:
        return {IP: self.ip, CORP: self.corp.corpid, APP: f"{self.corp.corpid}.{self.app.agentid}"}[scope]

    def most(self, rule: Rule, endpoint: str) -> int:
        """The rule's number, or the corp's own."""
        knobs = self.corp.knobs
        general = {
            "corp_minute": knobs.minute_limit,
            "corp_hour": knobs.hour_limit,
            "ip_minute": knobs.ip_minute_limit,
            "ip_hour": knobs.ip_hour_limit,
        }
        number = general[rule.name] if rule in EVERY else rule.most
        return int(knobs.limits.get(endpoint, {}).get(rule.name, number))


Key = tuple[str, str, str, str]  # scope, who, endpoint, window


class Limits:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._windows: dict[Key, tuple[int, int]] = {}  # the window's number, the calls in it
        self._blocked: dict[tuple[str, str, str], tuple[float, int]] = {}  # until when, with which code
        self._wrong: dict[tuple[str, str], list[float]] = {}
        self._running: Counter[str] = Counter()
        self._held: set[tuple[str, ...]] = set()

    def count(self, caller: Caller, endpoint: str, now: float) -> None:
        """Counts a call at `now` (virtual clock); over a limit 45009, or what the rule says, until the block ends."""
        with self._lock:
            for scope in (IP, CORP, APP):
                until, code = self._blocked.get((scope, caller.key(scope), endpoint), (0.0, 0))
                if now < until:
                    raise ApiError(code)
            for rule in _rules(endpoint):
                if self._next(rule, caller.key(rule.scope), endpoint, now) > caller.most(rule, endpoint):
                    until = _end_of_block(rule.window, now)
                    self._blocked[rule.scope, caller.key(rule.scope), endpoint] = until, rule.code
                    raise ApiError(rule.code)

    def _next(self, rule: Rule, who: str, endpoint: str, now: float) -> int:
        """How many calls there are in the rule's current window, this one included."""
        key, number = (rule.scope, who, endpoint, rule.window), _number(rule.window, now)
        if rule.window not in LENGTHS:
            return self._kept(key, number)
        old, calls = self._windows.get(key, (number, 0))
        calls = calls + 1 if old == number else 1
        self._windows[key] = number, calls
        return calls

    def _kept(self, key: Key, number: int) -> int:
        with self._store.transaction() as db:
            row = db.execute(
                "INSERT INTO window_count VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (scope, who, endpoint, span) DO UPDATE"
                " SET n = iif(number = excluded.number, n + 1, 1), number = excluded.number RETURNING n",
                (*key, number),
            ).fetchone()
        return int(row["n"])

    def missed(self, corp: Corp, endpoint: str, now: float, size: int) -> None:
        """A lookup found nobody among the corp's `size` members; too many of them block the endpoint for a day."""
        with self._lock:
            misses = self._kept((CORP, corp.corpid, f"{endpoint} missed", "day"), _number("day", now))
            if misses > max(1, int(size * MISSES_SHARE)):
                self._blocked[CORP, corp.corpid, endpoint] = now + A_DAY, 45009

    def refuse_guesser(self, ip: str, corpid: str, now: float) -> None:
        """45009 for an hour after too many wrong secrets from one address."""
        with self._lock:
            if now < self._blocked.get((IP, ip, f"secret of {corpid}"), (0.0, 0))[0]:
                raise ApiError(45009)

    def wrong_secret(self, ip: str, corp: Corp, now: float) -> None:
        """How many wrong secrets an hour WeCom takes is not published (doc 91039): the knob `wrong_secrets`."""
        with self._lock:
            recent = [at for at in self._wrong.get((ip, corp.corpid), []) if now - 3600 < at <= now]
            self._wrong[ip, corp.corpid] = [*recent, now]
            if len(recent) + 1 >= corp.knobs.wrong_secrets:
                self._blocked[IP, ip, f"secret of {corp.corpid}"] = now + 3600, 45009

    def reset(self) -> None:
        """Forgives everything, also what is kept."""
        with self._lock, self._store.transaction() as db:
            self._windows.clear()
            self._blocked.clear()
            self._wrong.clear()
            db.execute("DELETE FROM window_count")

    @contextmanager
    def running(self, corp: Corp) -> Iterator[None]:
        """45033 while more than the corp's threshold of calls run at once (WeCom's is not published)."""
        with self._lock:
            if self._running[corp.corpid] >= corp.knobs.concurrency:
                raise ApiError(45033)
            self._running[corp.corpid] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[corp.corpid] -= 1

    @contextmanager
    def alone(self, key: tuple[str, ...], code: int) -> Iterator[None]:
        """`code` while another call holds `key`; an empty key is nobody's."""
        with self._lock:
            if key and key in self._held:
                raise ApiError(code)
            self._held.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(key)


def _rules(endpoint: str) -> Iterable[Rule]:
    """An endpoint's own rule takes the place of the general one of the same name."""
    return {rule.name: rule for rule in EVERY + SPECIAL.get(endpoint, ())}.values()


def _number(window: str, now: float) -> int:
    """Which window of its kind holds `now`; days and months are the corps' own."""
    if window in LENGTHS:
        return int(now) // LENGTHS[window]
    today = local(now)
    return today.toordinal() if window == "day" else today.year * 12 + today.month


def _end_of_block(window: str, now: float) -> float:
    if window == "day":
        midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return midnight.timestamp()
    return now + LENGTHS.get(window, THIRTY_DAYS)
