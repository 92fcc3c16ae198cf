"""The sandbox's own callback crypto, against WeCom's published vectors and against itself."""

import json
from pathlib import Path

import pytest

from tests.sandbox.actors import AES_KEY
from wecom.sandbox import crypto
from wecom.sandbox.apps import decodes_to_key


def test_every_official_vector(samples: Path) -> None:
    vectors = json.loads((samples / "crypto_vectors.json").read_text(encoding="utf-8"))["callback"]
    assert len(vectors) >= 5
    for vector in vectors:
        parts = (vector["token"], vector["timestamp"], vector["nonce"], vector["encrypt"])
        assert crypto.signed(*parts, vector["msg_signature"]) is vector["signature_valid"], vector["id"]
        if not vector["signature_valid"]:
            continue
        key, receiver = vector["encoding_aes_key"], vector["receive_id"]
        assert crypto.decrypt(vector["encrypt"], receiver, key) == vector["plaintext"], vector["id"]
        salt = bytes.fromhex(vector["random_hex"])
        assert crypto.encrypt(vector["plaintext"], receiver, key, salt) == vector["encrypt"], vector["id"]


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 43, 44, 1000])
def test_what_is_encrypted_can_be_read_again(length: int) -> None:
    message = "沙" * length
    assert crypto.decrypt(crypto.encrypt(message, "ww1", AES_KEY), "ww1", AES_KEY) == message


def test_padding_goes_to_multiples_of_32() -> None:
    aligned = "x" * (32 - 16 - 4 - 3)
    assert len(crypto.encrypt(aligned, "ww1", AES_KEY)) == 88  # 64 bytes: a whole block of padding


@pytest.mark.parametrize("wrong", ["", "AAAA", "not base64!"])
def test_rubbish_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"multiple of 16|base64"):
        crypto.decrypt(wrong, "ww1", AES_KEY)


def test_a_message_for_somebody_else_is_refused() -> None:
    with pytest.raises(ValueError, match="another receiver"):
        crypto.decrypt(crypto.encrypt("hello", "ww1", AES_KEY), "ww2", AES_KEY)


def test_only_a_key_of_43_strict_characters_is_a_key() -> None:
    assert decodes_to_key(AES_KEY)
    assert not decodes_to_key(AES_KEY[:-1] + "B")  # spare bits that are not zero
    assert not decodes_to_key(AES_KEY[:-1])
    assert not decodes_to_key("!" * 43)
