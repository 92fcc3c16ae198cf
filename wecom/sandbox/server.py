"""The sandbox as a running server."""

import threading
from pathlib import Path
from typing import Any

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

    def run(self) -> None:
        """Serves until `KeyboardInterrupt` or `close` in another thread."""
        self.world.start()
        self._server.run()

    def start(self) -> "Server":
        """Serves in a thread of this process, for tests."""
        threading.Thread(target=self.run, name="sandbox", daemon=True).start()
        return self

    def close(self) -> None:
        self._server.close()
        self.world.close()
