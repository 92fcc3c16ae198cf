"""The sandbox from outside: a corp's API and control API over HTTP, and an endpoint for its callbacks."""

import json
import threading
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3

from wecom.sandbox import crypto

AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA"
TOKEN = "callbackToken"


@dataclass
class Corp:
    """A corp of the sandbox, seen from outside."""

    url: str
    corpid: str
    secret: str
    pool: urllib3.PoolManager
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def app(self, agentid: int = 1000003, **more: Any) -> "Corp":
        """The same corp, as one more app of it sees it."""
        secret = f"{self.secret}-{agentid}"
        self.act("apps", **{"agentid": agentid, "secret": secret, "token": TOKEN, "aes_key": AES_KEY, **more})
        return Corp(self.url, self.corpid, secret, self.pool)

    def request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        return self.pool.request(method, self.url + path, retries=False, timeout=options.pop("timeout", 20), **options)

    def _api(self, method: str, path: str, query: dict[str, Any], **options: Any) -> dict[str, Any]:
        query = {"access_token": self.access_token(), **query}
        answer = self.request(method, f"/cgi-bin/{path}?{urlencode(query)}", **options)
        assert answer.status == 200
        self.headers = dict(answer.headers)
        return answer.json()

    def access_token(self) -> str:
        if not self.token:
            self.token = self.fetch_token()["access_token"]
        return self.token

    def fetch_token(self, **query: Any) -> dict[str, Any]:
        query = {"corpid": self.corpid, "corpsecret": self.secret, **query}
        wanted = {name: value for name, value in query.items() if value is not None}
        return self.request("GET", f"/cgi-bin/gettoken?{urlencode(wanted)}").json()

    def get(self, path: str, timeout: float = 20, **query: Any) -> dict[str, Any]:
        return self._api("GET", path, query, timeout=timeout)

    def post(self, path: str, body: Any = None, timeout: float = 20, **fields: Any) -> dict[str, Any]:
        return self._api("POST", path, {}, body=json.dumps(fields if body is None else body), timeout=timeout)

    def upload(self, kind: str, filename: str, data: bytes) -> dict[str, Any]:
        return self._api("POST", "media/upload", {"type": kind}, fields={"media": (filename, data)})

    def control(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        answer = self.request("POST", f"/sandbox/api/{path}", body=json.dumps(body))
        assert answer.status == status, answer.data
        return answer.json()

    def see(self, path: str, status: int = 200) -> dict[str, Any]:
        answer = self.request("GET", f"/sandbox/api/{path}")
        assert answer.status == status, answer.data
        return answer.json()

    def act(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        return self.control(f"corps/{self.corpid}/{path}", status, **body)

    def look(self, path: str, status: int = 200) -> dict[str, Any]:
        return self.see(f"corps/{self.corpid}/{path}", status)

    def change(self, **knobs: Any) -> None:
        self.control("corps", corpid=self.corpid, **knobs)

    def advance(self, seconds: float) -> None:
        self.control("clock", advance=seconds)
        self.token = self.token if seconds < 3600 else ""

    def add(self, userid: str = "anna", **more: Any) -> str:
        """A new friend of that member; the external_userid."""
        return self.act("scan", userid=userid, **more)["external_userid"]

    def mass(self, *customers: str, sender: str = "anna", text: str = "你好", **more: Any) -> dict[str, Any]:
        body = {"sender": sender, "external_userid": list(customers), "text": {"content": text}, **more}
        return self.post("externalcontact/add_msg_template", body)

    def confirm(self, msgid: str, userid: str = "anna", status: int = 200) -> dict[str, Any]:
        return self.act(f"staff/{userid}/confirm", status, msgid=msgid)

    def statuses(self, msgid: str, userid: str = "anna") -> dict[str, int]:
        answer = self.post("externalcontact/get_groupmsg_send_result", msgid=msgid, userid=userid)
        return {row["external_userid"]: row["status"] for row in answer["send_list"]}

    def messages(self, kind: str = "mass") -> list[dict[str, Any]]:
        return [one for one in self.look("record")["messages"] if one["kind"] == kind]


class Receiver:
    """A product's callback endpoint, as far as it concerns the sandbox."""

    def __init__(self, aes_key: str = AES_KEY) -> None:
        self.aes_key = aes_key
        self.requests: list[dict[str, Any]] = []
        self.events: list[dict[str, str]] = []
        self.connections: set[Any] = set()
        self.answers: list[int] = []  # statuses of the next answers; 200 afterwards
        self.delay = 0.0
        self.arrived = threading.Event()  # set by the first request, before its delay
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(self.path, body, self.client_address)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, path: str, body: bytes, client: Any) -> int:
        delay = self.delay
        self.arrived.set()
        time.sleep(delay)
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        outer = {element.tag: element.text or "" for element in ET.fromstring(body)}
        status = self.answers.pop(0) if self.answers else 200
        with self._changed:
            self.requests.append({"query": query, "outer": outer, "status": status})
            self.connections.add(client)
            if status == 200:
                inner = crypto.decrypt(outer["Encrypt"], outer["ToUserName"], self.aes_key)
                self.events.append({element.tag: element.text or "" for element in ET.fromstring(inner)})
            self._changed.notify_all()
        return status

    def wait(self, count: int) -> list[dict[str, str]]:
        """The events as soon as there are so many; fails after 5 s."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.events) >= count, timeout=5), self.events
            return list(self.events)

    def changes(self) -> list[str]:
        return [event["ChangeType"] for event in self.events]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
