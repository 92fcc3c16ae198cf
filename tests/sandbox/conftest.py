"""One sandbox server for the session, a fresh corp for each test."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.sandbox.actors import AES_KEY, TOKEN, Corp, Receiver
from wecom.sandbox.server import Server

DEPARTMENTS = [{"id": 2, "name": "门店", "parentid": 1}, {"id": 3, "name": "客服", "parentid": 2}]
STAFF = [
    {"userid": "anna", "name": "安娜", "department": [2]},
    {"userid": "Bert", "name": "伯特", "department": [3]},
    {"userid": "carl", "name": "卡尔", "department": [1], "external": False},
    {"userid": "dora", "name": "朵拉", "department": [1], "visible": False},
]
numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("sandbox") / "store.sqlite3", seed=7).start()
    yield running
    running.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def make_corp(server: Server) -> Iterator[Callable[..., Corp]]:
    pool = urllib3.PoolManager(maxsize=20)

    def make(**more: Any) -> Corp:
        number = next(numbers)
        corp = Corp(server.url, f"wwtest{number:010}", f"secret-{number}", pool)
        corp.control(
            "corps",
            **{
                "corpid": corp.corpid,
                "name": f"测试 {number}",
                "agentid": 1000002,
                "secret": corp.secret,
                "token": TOKEN,
                "aes_key": AES_KEY,
                "departments": DEPARTMENTS,
                "staff": STAFF,
                **more,
            },
        )
        return corp

    yield make
    pool.request("DELETE", f"{server.url}/sandbox/api/faults")
    pool.request("POST", f"{server.url}/sandbox/api/people", body=json.dumps({"running": False}))
    pool.clear()


@pytest.fixture
def corp(make_corp: Callable[..., Corp]) -> Corp:
    return make_corp()


@pytest.fixture
def heard(make_corp: Callable[..., Corp], receiver: Receiver) -> Corp:
    """A corp whose callbacks go to `receiver`."""
    return make_corp(callback_url=receiver.url, callback_retry=0.05)


@pytest.fixture
def samples() -> Path:
    folder = Path(__file__).resolve().parents[3] / "shared" / "wecom" / "samples"
    if not folder.is_dir():
        pytest.skip("the folder with WeCom's official samples is not here")
    return folder
