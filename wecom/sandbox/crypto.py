"""Callback crypto (docs 90930, 90968): the signature, and AES-256-CBC with PKCS#7 to multiples of 32."""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """40 lower-case hex digits over the four strings, sorted as bytes."""
    parts = sorted(part.encode() for part in (token, timestamp, nonce, encrypted))
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()


def signed(token: str, timestamp: str, nonce: str, encrypted: str, claimed: str) -> bool:
    return hmac.compare_digest(signature(token, timestamp, nonce, encrypted).encode(), claimed.encode())


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=", validate=True)
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def encrypt(message: str, receive_id: str, aes_key: str, salt: bytes | None = None) -> str:
    """Base64 of the encrypted message. `salt`: 16 bytes, random unless given."""
    body = message.encode()
    plain = (salt or os.urandom(16)) + len(body).to_bytes(4, "big") + body + receive_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def decrypt(encrypted: str, receive_id: str, aes_key: str) -> str:
    """The message; ValueError if anything about it is wrong."""
    data = base64.b64decode(encrypted, validate=True)
    if not data or len(data) % 16:
        raise ValueError("the length is no multiple of 16")
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise ValueError("bad padding")
    end = 20 + int.from_bytes(plain[16:20], "big")
    if end > len(plain) - pad:
        raise ValueError("the length field points beyond the data")
    if plain[end:-pad] != receive_id.encode():
        raise ValueError("meant for another receiver")
    return plain[20:end].decode()
