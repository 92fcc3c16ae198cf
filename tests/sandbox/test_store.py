"""The store: readers wait for nobody, and what is loaded in bulk is as safe as the rest from a killed process."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.actors import Corp
from wecom.sandbox.server import Server
from wecom.sandbox.store import Store, read_meta, write_meta


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store.sqlite3")
    yield store
    store.close()


def test_calls_that_only_read_do_not_wait_for_a_writer(server: Server, corp: Corp) -> None:
    corp.add("anna")
    corp.access_token()
    with server.world.store.transaction():
        assert corp.get("externalcontact/list", userid="anna")["errcode"] == 0
        assert corp.get("department/list")["errcode"] == 0
        answer = corp.post("externalcontact/batch/get_by_user", userid_list=["anna"])
        assert len(answer["external_contact_list"]) == 1


def test_a_reader_sees_one_moment_and_the_next_one_what_was_committed_since(store: Store) -> None:
    with store.reading() as db:
        assert read_meta(db, "colour", "none") == "none"
        with store.transaction() as writer:
            write_meta(writer, "colour", "red")
        assert read_meta(db, "colour", "none") == "none"
    with store.reading() as db:
        assert read_meta(db, "colour", "none") == "red"


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError), store.reading() as db:
        write_meta(db, "colour", "red")
    with store.reading() as db:
        assert read_meta(db, "colour", "none") == "none"


def test_many_readers_at_once(store: Store) -> None:
    barrier, seen = threading.Barrier(10), []

    def read() -> None:
        with store.reading() as db:
            barrier.wait(timeout=10)
            seen.append(read_meta(db, "seed", ""))

    threads = [threading.Thread(target=read) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["1"] * 10


def test_a_load_that_fails_leaves_nothing_and_the_usual_care_returns(store: Store) -> None:
    def load() -> None:
        with store.loading() as db:
            write_meta(db, "colour", "red")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load()
    with store.transaction() as db:
        assert read_meta(db, "colour", "none") == "none"
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 1
