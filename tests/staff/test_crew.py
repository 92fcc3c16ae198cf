"""A few threads that ask WeCom side by side."""

import threading
import time

import pytest

from staff import patience
from staff.crew import CROWDED, Crew
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, SyncRun


def crew(size: int) -> Crew:
    return Crew(SyncRun(), size)


def test_they_work_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=5)
    with crew(3) as three:
        futures = [three.submit(meeting.wait) for _ in range(3)]
        assert sorted(future.result() for future in futures) == [0, 1, 2]


def test_one_alone_works_in_the_caller_s_thread() -> None:
    with crew(1) as one:
        assert one.submit(threading.current_thread).result() is threading.current_thread()


def test_answers_come_in_the_order_of_the_questions() -> None:
    def slowly(number: int) -> int:
        time.sleep((5 - number) / 100)
        return number * number

    with crew(3) as three:
        assert list(three.map(slowly, range(5))) == [(n, n * n) for n in range(5)]


def test_nobody_runs_far_ahead() -> None:
    begun: list[int] = []
    with crew(2) as two:
        answers = two.map(begun.append, range(100))
        next(answers)
        time.sleep(0.05)
        assert len(begun) <= 5


def test_an_error_reaches_the_caller_and_what_had_not_begun_never_does() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise KeyError(number)
        time.sleep(0.01)

    with pytest.raises(KeyError), crew(2) as two:
        for _answer in two.map(work, range(100)):
            pass
    assert len(begun) < 10
    assert not [thread for thread in two._threads if thread.is_alive()]


def test_too_many_at_once_makes_them_fewer(monkeypatch) -> None:
    """45033, fault of a crowd: the call is made again with fewer beside it, and nobody waits long."""
    monkeypatch.setattr(patience, "BUSY", ())
    lock, running, refusals = threading.Lock(), [0], []

    def call(number: int) -> int:
        with lock:
            running[0] += 1
            crowded = running[0] > 2
        time.sleep(0.01)
        with lock:
            running[0] -= 1
        if crowded:
            refusals.append(number)
            raise WeComError(CROWDED, "too many calls", ErrorKind.RETRY, "externalcontact/list")
        return number

    with crew(4) as four:
        assert [answer for _n, answer in four.map(lambda n: four.ask(call, n), range(60))] == list(range(60))
    assert 1 <= len(refusals) <= 10  # three without the accidents of scheduling


def test_too_many_at_once_of_one_is_waited_for(corp: Corp, monkeypatch) -> None:
    monkeypatch.setattr(patience, "BUSY", (0.01,))
    answers = iter([WeComError(CROWDED, "others call, too", ErrorKind.RETRY, "externalcontact/list"), "answer"])

    def call() -> str:
        answer = next(answers)
        if isinstance(answer, WeComError):
            raise answer
        return answer

    with Crew(SyncRun.start(corp, "customers"), 1) as one:
        assert one.ask(call) == "answer"
