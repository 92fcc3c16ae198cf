"""The sandbox as a running server."""

import threading
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from wecom.sandbox.app import App
from wecom.sandbox.world import World

THREADS = 48  # a call that a fault holds back keeps its thread


class Server:
    """Listens from construction on; `port=0` picks a free one. OSError if the port is in use."""

    def __init__(
        self, data: str | Path, *, host: str = "127.0.0.1", port: int = 0, seed: int = 1, public_url: str = ""
    ) -> None:
        self.world = World(data, seed=seed, public_url=public_url)
        try:
            self._server: Any = create_server(
                App(self.world),
                host=host,
                port=port,
                threads=THREADS,
                channel_request_lookahead=1,  # lets a held call notice that its caller has gone
                max_request_body_size=64 * 1024 * 1024,
                ident="wecom-sandbox",
                clear_untrusted_proxy_headers=True,
            )
        except OSError:
            self.world.close()
            raise
        self.url = f"http://{host}:{self._server.effective_port}"
        self._closing = False
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serves until `close` is called in another thread, or an exception like KeyboardInterrupt comes."""
        self.world.start()
        while not self._closing:
            wasyncore.loop(timeout=1, use_poll=True, map=self._server._map, count=1)  # select() knows 1,024 files

    def start(self) -> "Server":
        """Serves in a thread of this process, for tests."""
        self._thread = threading.Thread(target=self.run, name="sandbox", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Answers no more; what was applied is in the store."""
        self._closing = True
        if self._thread:
            self._server.pull_trigger()
            self._thread.join(timeout=10)
        self._server.task_dispatcher.shutdown(timeout=2)
        wasyncore.close_all(self._server._map)
        self.world.close()
