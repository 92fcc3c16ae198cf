"""The sandbox's own store: one SQLite file, one writer, any number of readers. Everyone sees a consistent corp."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wecom.sandbox import chance
from wecom.sandbox.upgrade import bring_up_to_date

MAPPED = 4 << 30  # bytes of the file that readers see through shared memory
Db = sqlite3.Connection


class Store:
    """Serialises the writers, as SQLite does anyway. Readers see what was committed when they began."""

    def __init__(self, path: str | Path, seed: int = 1) -> None:
        self._path = str(path)
        self._lock = threading.Lock()
        self._readers: list[Db] = []
        self._idle: list[Db] = []  # no lock: appending and popping are atomic
        self._db = self._connect()
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        bring_up_to_date(self._db)
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('seed', ?)", (str(seed),))
            self.seed = int(read_meta(db, "seed", "0"))

    def _connect(self) -> Db:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        return db

    @contextmanager
    def reading(self) -> Iterator[Db]:
        """A snapshot that nobody has to wait for; writing in it fails."""
        db = self._reader()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("COMMIT")
            self._idle.append(db)

    def _reader(self) -> Db:
        """The connection that was used last, of those that nobody uses: it knows the statements and the pages."""
        try:
            return self._idle.pop()
        except IndexError:
            db = self._connect()
            db.execute("PRAGMA query_only = ON")
            db.execute(f"PRAGMA mmap_size = {MAPPED}")
            self._readers.append(db)
            return db

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """Commits when the block ends, rolls back when it raises. Not to be nested."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def loading(self) -> Iterator[Db]:
        """A transaction for very many rows: waits for no disk, so that a power cut may spoil the file."""
        with self._lock:
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("PRAGMA cache_size = -131072")
        try:
            with self.transaction() as db:
                yield db
        finally:
            with self._lock:
                self._db.execute("PRAGMA synchronous = NORMAL")
                self._db.execute("PRAGMA cache_size = -2000")

    def close(self) -> None:
        with self._lock:
            for db in [*self._readers, self._db]:
                db.close()

    def number(self, db: Db, kind: str) -> int:
        """The next number of a series that survives a restart."""
        value = int(read_meta(db, f"number.{kind}", "0")) + 1
        write_meta(db, f"number.{kind}", str(value))
        return value

    def new_id(self, db: Db, prefix: str, length: int = 32) -> str:
        """An id as WeCom makes them: a prefix and letters; the same from the same seed and order of calls."""
        number = self.number(db, prefix)
        return prefix + chance.word(length - len(prefix), self.seed, prefix, number)


def read_meta(db: Db, key: str, default: str) -> str:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row["value"]) if row else default


def write_meta(db: Db, key: str, value: str) -> None:
    db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
