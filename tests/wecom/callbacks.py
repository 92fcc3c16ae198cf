"""Callbacks as WeCom sends them, encrypted by wechatpy, and bodies that we wrote."""

import io
from typing import Any
from urllib.parse import urlencode

from wechatpy.enterprise.crypto import WeChatCrypto

from wecom.models import Corp

ADDED = {
    "ToUserName": "",
    "FromUserName": "sys",
    "CreateTime": "1767225600",
    "MsgType": "event",
    "Event": "change_external_contact",
    "ChangeType": "add_external_contact",
    "UserID": "lin",
    "ExternalUserID": "wm0000000001",
}


def xml_of(corp: Corp, **fields: Any) -> str:
    values = ADDED | {"ToUserName": corp.corpid} | fields
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in values.items()) + "</xml>"


def crypto_of(corp: Corp) -> WeChatCrypto:
    return WeChatCrypto(corp.callback_token, corp.aes_key, corp.corpid)


def sealed(corp: Corp, xml: str, crypto: WeChatCrypto | None = None) -> tuple[str, bytes]:
    """Query string and body of a POST whose message is `xml`."""
    envelope = (crypto or crypto_of(corp)).encrypt_message(xml, "nonce", "1767225600")
    encrypt, signature = (
        envelope.split(f"<{tag}><![CDATA[")[1].split("]]>")[0] for tag in ("Encrypt", "MsgSignature")
    )
    query = urlencode({"msg_signature": signature, "timestamp": "1767225600", "nonce": "nonce"})
    body = f"<xml><ToUserName><![CDATA[{corp.corpid}]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    return query, body.encode()


def echo_query(corp: Corp, text: str, crypto: WeChatCrypto | None = None) -> str:
    query, body = sealed(corp, text, crypto)
    encrypt = body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    return f"{query}&{urlencode({'echostr': encrypt})}"


def through(app: Any, method: str, path: str, query: str = "", body: bytes = b"", **environ: Any) -> tuple[int, bytes]:
    """One request through a WSGI application, as a server would make it."""
    answered: list[str] = []
    request = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    content = b"".join(app(request | environ, lambda status, headers: answered.append(status)))
    return int(answered[0].split()[0]), content
