"""A flood of badly signed callbacks, from a process of its own: `python -m bench.junk PORT RATE < REQUEST`.

Writes the rate that it reached, once its input is closed. Requests go out in bunches, so that the flood itself takes
little of the machine that is being measured.
"""

from __future__ import annotations

import socket
import sys
import threading
import time

CONNECTIONS, BUNCH = 4, 10


def main() -> None:
    port, rate = int(sys.argv[1]), int(sys.argv[2])
    size = int(sys.stdin.buffer.readline())
    request = sys.stdin.buffer.read(size)
    over = threading.Event()
    counts = [0] * CONNECTIONS
    floods = [
        threading.Thread(target=flood, args=(port, rate / CONNECTIONS, request, over, counts, number))
        for number in range(CONNECTIONS)
    ]
    began = time.perf_counter()
    for thread in floods:
        thread.start()
    sys.stdin.buffer.read()  # until whoever started us has seen enough
    over.set()
    for thread in floods:
        thread.join()
    print(sum(counts) / (time.perf_counter() - began))


def flood(port: int, rate: float, request: bytes, over: threading.Event, counts: list[int], number: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        due = time.perf_counter()
        while not over.is_set():
            line.sendall(request * BUNCH)
            refusals = 0
            while refusals < BUNCH:
                answer = line.recv(65536)
                if not answer:
                    raise RuntimeError("the server hung up")
                refusals += answer.count(b"HTTP/1.1 403")
            counts[number] += BUNCH
            due += BUNCH / rate
            time.sleep(max(0.0, due - time.perf_counter()))


if __name__ == "__main__":
    main()
