"""Delivers callbacks (contract: 5 s per try, three retries on failure, time-out or a status other than 200)."""

import logging
import threading
import time
from urllib.parse import urlencode

import urllib3

from wecom.sandbox import corps, crypto
from wecom.sandbox.apps import App
from wecom.sandbox.clock import Clock
from wecom.sandbox.corps import Corp
from wecom.sandbox.events import cdata
from wecom.sandbox.faults import Faults
from wecom.sandbox.store import Db, Store

TRIES = 4
LATER = 0.6  # real seconds by which a reordered callback is held back at most
Address = tuple[str, int]  # corpid, agentid
log = logging.getLogger(__name__)


class Postman:
    """One thread per app, so that a dead endpoint delays only its own app. Connections are kept open."""

    def __init__(self, store: Store, clock: Clock, faults: Faults) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._changed = threading.Condition()
        self._threads: dict[Address, threading.Thread] = {}
        self._locks: dict[Address, threading.Lock] = {}
        self._stopping = False
        self._news = 0
        self._pool = urllib3.PoolManager(maxsize=4, retries=False)

    def start(self) -> None:
        """Goes on with what an earlier run left."""
        with self._store.transaction() as db:
            every = corps.every(db)
        for corp in every:
            self.watch(corp)

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads.values():
            thread.join(timeout=10)
        self._pool.clear()

    def wake(self) -> None:
        """To be called after a transaction that may have published events."""
        with self._changed:
            self._news += 1
            self._changed.notify_all()

    def watch(self, corp: Corp) -> None:
        """From now on each of the corp's apps has a thread of its own."""
        with self._changed:
            for app in corp.apps:
                self._thread((corp.corpid, app.agentid))

    def _thread(self, address: Address) -> None:
        if address not in self._threads:
            self._locks[address] = threading.Lock()
            name = f"postman-{address[0]}-{address[1]}"
            self._threads[address] = threading.Thread(target=self._run, args=(address,), name=name, daemon=True)
            self._threads[address].start()

    def _run(self, address: Address) -> None:
        while not self._stopping:
            with self._changed:
                news = self._news
            wait = self._deliver_due(address)
            with self._changed:
                if self._news == news and not self._stopping:
                    self._changed.wait(wait)

    def _deliver_due(self, address: Address) -> float | None:
        """Delivers what is due; returns the seconds until the next is, None if none waits."""
        while not self._stopping:
            with self._locks[address]:
                due = self._next(address)
                if due is None:
                    return None
                if due[1] > time.time():
                    return due[1] - time.time()
                self._deliver(address, due[0])
        return None

    def _next(self, address: Address) -> tuple[int, float] | None:
        with self._store.reading() as db:
            row = db.execute(
                "SELECT id, due FROM callback WHERE corpid = ? AND agentid = ? AND state = 'pending'"
                " ORDER BY due, id LIMIT 1",
                address,
            ).fetchone()
        return (row["id"], row["due"]) if row else None

    def flush(self) -> dict[str, int]:
        """Delivers everything now, also what waits for its retry; returns how many arrived and how many did not."""
        delivered = 0
        for address, lock in list(self._locks.items()):
            while True:
                with lock:
                    due = self._next(address)
                    if due is None:
                        break
                    delivered += self._deliver(address, due[0])
        with self._store.reading() as db:
            pending = db.execute("SELECT count(*) FROM callback WHERE state = 'pending'").fetchone()[0]
        return {"delivered": delivered, "pending": pending}

    def _deliver(self, address: Address, ident: int) -> bool:
        """One try, unless a fault strikes first."""
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM callback WHERE id = ?", (ident,)).fetchone()
            corp = corps.find(db, address[0])
            app = corp.app(address[1]) if corp else None
            if corp is None or app is None or not app.callback_url:
                db.execute("UPDATE callback SET state = 'lost' WHERE id = ?", (ident,))
                return False
            if not row["drawn"] and self._struck(db, ident):
                return False
        answer = self._post(app, row["xml"], corp.knobs.callback_timeout)
        return self._note(corp, ident, answer, row["tries"] + 1)

    def _struck(self, db: Db, ident: int) -> bool:
        """Draws this callback's faults, once; true if it is not to be delivered now."""
        db.execute("UPDATE callback SET drawn = 1 WHERE id = ?", (ident,))
        if self._faults.strike(db, ("lose-callbacks",)):
            db.execute("UPDATE callback SET state = 'lost' WHERE id = ?", (ident,))
            return True
        if self._faults.strike(db, ("duplicate-callbacks",)):
            db.execute(
                "INSERT INTO callback (corpid, agentid, xml, due, drawn)"
                " SELECT corpid, agentid, xml, ?, 1 FROM callback WHERE id = ?",
                (time.time(), ident),
            )
        hit = self._faults.strike(db, ("reorder-callbacks",))
        if hit:
            later = time.time() + LATER * (0.3 + 0.7 * hit.chance)
            db.execute("UPDATE callback SET due = ? WHERE id = ?", (later, ident))
        return hit is not None

    def _note(self, corp: Corp, ident: int, answer: str, tries: int) -> bool:
        arrived = answer == "200"
        state = "delivered" if arrived else ("failed" if tries >= TRIES else "pending")
        with self._store.transaction() as db:
            db.execute(
                "UPDATE callback SET state = ?, tries = ?, due = ?, answer = ? WHERE id = ?",
                (state, tries, time.time() + corp.knobs.callback_retry * tries, answer, ident),
            )
        if state == "failed":
            log.warning("callback %s of %s given up: %s", ident, corp.corpid, answer)
        return arrived

    def _post(self, app: App, xml: str, timeout: float) -> str:
        """One try; the HTTP status, or what went wrong."""
        encrypted = crypto.encrypt(xml, app.corpid, app.aes_key)
        timestamp, nonce = str(int(self._clock.now())), str(time.time_ns() % 10**10)
        query = urlencode(
            {
                "msg_signature": crypto.signature(app.token, timestamp, nonce, encrypted),
                "timestamp": timestamp,
                "nonce": nonce,
            }
        )
        agentid = str(app.agentid) if "<AgentID>" in xml else ""  # only of what concerns the app itself
        body = (
            f"<xml><ToUserName>{cdata(app.corpid)}</ToUserName><AgentID>{cdata(agentid)}</AgentID>"
            f"<Encrypt>{cdata(encrypted)}</Encrypt></xml>"
        )
        glue = "&" if "?" in app.callback_url else "?"
        try:
            response = self._pool.request(
                "POST",
                app.callback_url + glue + query,
                body=body.encode(),
                headers={"Content-Type": "text/xml; charset=utf-8"},
                timeout=timeout,
            )
        except urllib3.exceptions.HTTPError as error:
            return type(error).__name__
        return str(response.status)
