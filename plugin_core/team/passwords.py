"""Passwords: hashed by scrypt with a salt each, compared in constant time, and as slow for an unknown address as for a known one.

Parameters: N = 2^15, r = 8, p = 3, one of the equivalent sets of the OWASP Password Storage Cheat Sheet; 32 MiB each time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from plugin_core.errors import InvalidInput

LEAST = 10  # characters
_MOST = 1024
_N, _R, _P = 2**15, 8, 3
_MEMORY = 128 * 2**20


def hash_password(password: str) -> str:
    """``scrypt$N$r$p$salt$key``. InvalidInput where the password is too short to protect anything."""
    if len(password) < LEAST:
        raise InvalidInput(
            f"The password is shorter than {LEAST} characters.", mend="Three or four words in a row are easy to keep."
        )
    if len(password) > _MOST:
        raise InvalidInput(f"The password is longer than {_MOST} characters.", mend="Choose a shorter one.")
    salt = os.urandom(16)
    return "$".join(("scrypt", str(_N), str(_R), str(_P), _text(salt), _text(_key(password, salt, _N, _R, _P))))


def matches(password: str, stored: str) -> bool:
    """``stored`` "" means nobody: the same work is done, and it never matches."""
    if len(password) > _MOST:
        return False
    if not stored:
        _key(password, bytes(16), _N, _R, _P)
        return False
    _kind, n, r, p, salt, key = stored.split("$")
    return hmac.compare_digest(_key(password, base64.b64decode(salt), int(n), int(r), int(p)), base64.b64decode(key))


def _key(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
