import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from wechatpy.enterprise.crypto import WeChatCrypto

from wecom.crypto import CallbackCrypto, Culprit, Rejected, decode_key

TOKEN, KEY, CORPID = "aToken", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA", "wwcorp"
crypto = CallbackCrypto(TOKEN, KEY, CORPID)


def encrypted(plain: bytes) -> str:
    """Exactly these bytes, padded or not, under KEY."""
    key = decode_key(KEY)
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain) + cipher.finalize()).decode()


def opened(encrypt: str, **changes: str) -> bytes:
    signature = changes.get("signature", crypto.sign("1", "n", encrypt))
    return crypto.open(signature, "1", "n", encrypt)


def message(text: bytes, receiver: bytes = b"wwcorp", length: int | None = None) -> bytes:
    size = len(text) if length is None else length
    return b"r" * 16 + size.to_bytes(4, "big") + text + receiver


def padded(plain: bytes, byte: int | None = None) -> bytes:
    pad = 32 - len(plain) % 32
    return plain + bytes([pad if byte is None else byte]) * pad


def test_every_official_vector(sample):
    for vector in sample("crypto_vectors.json")["callback"]:
        receiver = CallbackCrypto(vector["token"], vector["encoding_aes_key"], vector["receive_id"])
        arguments = (vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])
        if vector["signature_valid"]:
            assert receiver.open(*arguments).decode() == vector["plaintext"], vector["id"]
        else:
            with pytest.raises(Rejected):
                receiver.open(*arguments)


def test_what_wechatpy_encrypts_is_opened():
    envelope = WeChatCrypto(TOKEN, KEY, CORPID).encrypt_message("<xml>你好</xml>", "n", "1")
    encrypt = envelope.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert opened(encrypt).decode() == "<xml>你好</xml>"


@pytest.mark.parametrize("size", range(64))
def test_every_length_of_padding_is_understood(size):
    assert opened(encrypted(padded(message(b"x" * size)))) == b"x" * size


@pytest.mark.parametrize("signature", ["", "0" * 40, "é" * 40, "\ud800", "x" * 10_000])
def test_a_wrong_signature_is_rejected_before_anything_is_decrypted(signature):
    with pytest.raises(Rejected) as rejection:
        opened(encrypted(padded(message(b"hi"))), signature=signature)
    assert rejection.value.culprit is Culprit.TOKEN


@pytest.mark.parametrize(
    "encrypt",
    [
        "",
        "=",
        "not base64!",
        "汉字",
        "QUJD",
        encrypted(padded(message(b"hi")))[:-4],
        encrypted(padded(message(b"hi"), byte=0)),
        encrypted(padded(message(b"hi"), byte=33)),
        encrypted(padded(message(b"hi"))[:-2] + b"\x01\x04"),
        encrypted(b"\x10" * 16),
        encrypted(padded(message(b"hi", length=2**31))),
        encrypted(padded(message(b"hi", length=9))),
    ],
)
def test_junk_under_a_right_signature_is_rejected_alike(encrypt):
    with pytest.raises(Rejected, match=r"^rejected$") as rejection:
        opened(encrypt)
    assert rejection.value.culprit is Culprit.AES_KEY


@pytest.mark.parametrize("receiver", [b"", b"wwother", b"wwcorp2"])
def test_a_message_for_another_corp_is_rejected(receiver):
    with pytest.raises(Rejected) as rejection:
        opened(encrypted(padded(message(b"hi", receiver))))
    assert rejection.value.culprit is Culprit.CORPID


@pytest.mark.parametrize("key", ["", "short", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "+", "汉" * 43])
def test_an_aes_key_of_another_shape_is_refused(key):
    with pytest.raises(ValueError, match="43 letters and digits"):
        decode_key(key)
