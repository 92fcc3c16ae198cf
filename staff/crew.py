"""A few threads that ask WeCom side by side, for work that nobody watches (syncs)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from threading import Condition, Thread
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import connection

from staff.patience import patiently
from wecom.errors import WeComError
from wecom.models import SyncRun

CROWDED = 45033  # too many calls of this corp at once; WeCom does not say how many it allows
PATIENCE = 30.0  # seconds that the calls under way are given when a crew goes home

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Job = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], Context]


class Crew:
    """Threads with a database connection each. Where there is one only, the work is done in the caller's thread.

    Whenever WeCom finds our calls too many at once, one fewer is made from then on.
    """

    def __init__(self, run: SyncRun, size: int | None = None) -> None:
        self.run = run
        self.size = size or settings.SYNC_READERS
        self._seats, self._taken, self._free = self.size, 0, Condition()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [Thread(target=self._serve, daemon=True) for _ in range(self.size if self.size > 1 else 0)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Calls under way are waited for; what had not begun never will."""
        with suppress(Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(PATIENCE)

    def submit(self, work: Callable[..., Answer], *args: Any) -> Future[Answer]:
        job: Job = (Future(), work, args, copy_context())
        if self._threads:
            self._jobs.put(job)
        else:
            _do(job)
        return job[0]

    def map(self, work: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[tuple[Item, Answer]]:
        """Each item with its answer, in order. Not more than two per thread are worked at ahead of the caller."""
        ahead: deque[tuple[Item, Future[Answer]]] = deque()
        for item in items:
            ahead.append((item, self.submit(work, item)))
            if len(ahead) >= 2 * self.size - 1:
                first, future = ahead.popleft()
                yield first, future.result()
        for first, future in ahead:
            yield first, future.result()

    def ask(self, call: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
        """``patiently``, with one thread fewer from now on where WeCom says 45033."""
        while True:
            with self._seat() as alone:
                try:
                    return patiently(self.run, call, *args, unless=() if alone else (CROWDED,), **kwargs)
                except WeComError as error:
                    if error.errcode != CROWDED or alone:
                        raise
            with self._free:
                self._seats = max(1, self._seats - 1)

    @contextmanager
    def _seat(self) -> Iterator[bool]:
        """A place among those who call; the value says whether it is the only one that is left."""
        with self._free:
            self._free.wait_for(lambda: self._taken < self._seats)
            self._taken += 1
            alone = self._seats == 1
        try:
            yield alone
        finally:
            with self._free:
                self._taken -= 1
                self._free.notify()

    def _serve(self) -> None:
        try:
            while job := self._jobs.get():
                _do(job)
        finally:
            connection.close()


def _do(job: Job) -> None:
    future, work, args, context = job
    try:
        future.set_result(context.run(work, *args))
    except BaseException as problem:
        future.set_exception(problem)
