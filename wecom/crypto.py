"""Opening WeCom's callbacks (doc 90968): wechatpy's cipher behind checks of our own.

Whatever is wrong with a message, the sender learns the same: `Rejected`. The signature is compared first, in constant
time; nothing that a stranger sends is ever decrypted.
"""

import base64
import binascii
import hashlib
import hmac
from enum import StrEnum

from wechatpy.crypto.base import WeChatCipher

BLOCK = 32
PREFIX = 16  # random bytes in front
HEADER = PREFIX + 4  # then the length of the message, big-endian


class Culprit(StrEnum):
    """Which of our settings disagrees with WeCom's, for the doctor only."""

    TOKEN = "token"  # noqa: S105
    AES_KEY = "aes_key"
    CORPID = "corpid"


class Rejected(Exception):
    """This message is not from WeCom for us. `culprit` is never told to the sender."""

    def __init__(self, culprit: Culprit) -> None:
        super().__init__("rejected")
        self.culprit = culprit


def decode_key(aes_key: str) -> bytes:
    """The 32 bytes behind an EncodingAESKey of 43 letters and digits. ValueError for anything else."""
    if len(aes_key) != 43 or not aes_key.isascii() or not aes_key.isalnum():
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return base64.b64decode(aes_key + "=", validate=True)


class CallbackCrypto:
    """Opens the messages that WeCom encrypts for one receiver (a corpid)."""

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        self._token = token
        self._cipher = WeChatCipher(decode_key(aes_key))
        self._receive_id = receive_id.encode()

    def open(self, signature: str, timestamp: str, nonce: str, encrypt: str) -> bytes:
        """The plain message inside `encrypt`. Raises Rejected."""
        expected = self.sign(timestamp, nonce, encrypt)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise Rejected(Culprit.TOKEN)
        try:
            plain = self._decrypt(encrypt)
        except ValueError:
            raise Rejected(Culprit.AES_KEY) from None
        length = int.from_bytes(plain[PREFIX:HEADER], "big")
        if HEADER + length > len(plain):
            raise Rejected(Culprit.AES_KEY)
        if not hmac.compare_digest(plain[HEADER + length :], self._receive_id):
            raise Rejected(Culprit.CORPID)
        return plain[HEADER : HEADER + length]

    def sign(self, timestamp: str, nonce: str, encrypt: str) -> str:
        """40 hex digits over the sorted parts."""
        parts = sorted(part.encode("utf-8", "replace") for part in (self._token, timestamp, nonce, encrypt))
        return hashlib.sha1(b"".join(parts)).hexdigest()  # noqa: S324  the algorithm is WeCom's

    def _decrypt(self, encrypt: str) -> bytes:
        """Without padding: PKCS#7 to multiples of 32, every byte of it checked. ValueError if anything is off."""
        data = base64.b64decode(encrypt.encode("ascii"), validate=True)
        if not data or len(data) % 16:
            raise binascii.Error("not whole blocks")
        plain: bytes = self._cipher.decrypt(data)
        pad = plain[-1]
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad or len(plain) - pad < HEADER:
            raise ValueError("bad padding")
        return plain[:-pad]
