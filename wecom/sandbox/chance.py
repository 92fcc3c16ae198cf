"""Chance that repeats: every number and id follows from the seed and a label, so a run can be replayed."""

import hashlib
import random
import string
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
LETTERS = string.ascii_letters + string.digits


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b("\x1f".join(str(part) for part in parts).encode(), digest_size=32).digest()


def uniform(*parts: object) -> float:
    """A number in [0, 1) that depends on nothing but `parts`."""
    return int.from_bytes(_digest(*parts)[:7], "big") / (1 << 56)


def choose(items: Sequence[T], *parts: object) -> T:
    return items[int(uniform(*parts) * len(items))]


def word(length: int, *parts: object) -> str:
    """`length` letters and digits that depend on nothing but `parts`."""
    return "".join(LETTERS[byte % len(LETTERS)] for byte in hashlib.shake_256(_digest(*parts)).digest(length))


def hexadecimal(*parts: object) -> str:
    """32 hex digits that depend on nothing but `parts`."""
    return _digest(*parts)[:16].hex()


def generator(*parts: object) -> random.Random:
    return random.Random(_digest(*parts))
