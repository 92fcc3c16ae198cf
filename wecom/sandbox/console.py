"""Saving the callback configuration (接收消息) in WeCom's console makes WeCom check the URL first (doc 90930)."""

import time
from urllib.parse import urlencode

import urllib3

from wecom.sandbox import crypto
from wecom.sandbox.apps import App

PATIENCE = 2.0  # seconds; WeCom gives one
LONGEST = 64 * 1024


def check_url(app: App, now: float) -> str:
    """GET the callback URL with an encrypted echostr; "ok" if its plain text comes back, else what happened."""
    echo = str(time.time_ns())
    encrypted = crypto.encrypt(echo, app.corpid, app.aes_key)
    timestamp, nonce = str(int(now)), str(time.time_ns() % 10**10)
    query = urlencode(
        {
            "msg_signature": crypto.signature(app.token, timestamp, nonce, encrypted),
            "timestamp": timestamp,
            "nonce": nonce,
            "echostr": encrypted,
        }
    )
    glue = "&" if "?" in app.callback_url else "?"
    with urllib3.PoolManager(retries=False) as pool:
        try:
            response = pool.request(
                "GET", app.callback_url + glue + query, timeout=PATIENCE, redirect=False, preload_content=False
            )
            body = response.read(LONGEST)
        except urllib3.exceptions.HTTPError as error:
            return type(error).__name__
    if response.status != 200:
        return f"HTTP {response.status}"
    return "ok" if body == echo.encode() else "the answer is not the echostr"
