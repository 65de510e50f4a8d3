"""Sealing of personal data at rest: AES-256-GCM, each box bound to its place.

Subjects' keys are wrapped under a ring of master keys; the first of the ring wraps, all of them unwrap, so that a master
key can be rotated without downtime. A subject's personal data dies with its key.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY = 32


class SealBroken(Exception):
    """A box that this key did not seal for this place: tampered with, swapped, or its key is gone."""


class KeyRingInvalid(Exception):
    """The file of master keys can't be used; says why, never what it holds."""


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return AESGCM.generate_key(bit_length=256)


def seal(key: bytes, plaintext: bytes, place: str) -> bytes:
    """Seal for `place` (what the box belongs to, such as `subject/M-1/contacts`)."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, place.encode())


def unseal(key: bytes, box: bytes, place: str) -> bytes:
    """Open a box. Raises `SealBroken`."""
    try:
        return AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(place.split("/", 1)[0]) from error


@dataclass(frozen=True)
class KeyRing:
    """Master keys by id; the first one is in use."""

    keys: dict[str, bytes]

    @property
    def current(self) -> str:
        """Id of the master key in use."""
        return next(iter(self.keys))

    def wrap(self, plaintext: bytes, place: str) -> tuple[str, bytes]:
        """Seal under the master key in use; returns its id too."""
        return self.current, seal(self.keys[self.current], plaintext, place)

    def unwrap(self, key_id: str, box: bytes, place: str) -> bytes:
        """Open what `wrap` sealed. Raises `SealBroken`, also when the master key is no longer in the ring."""
        if key_id not in self.keys:
            raise SealBroken(place.split("/", 1)[0])
        return unseal(self.keys[key_id], box, place)

    def digest(self, purpose: str, text: str) -> bytes:
        """A keyed hash, for look-up of what must not be stored in the clear. Stable as long as the oldest key stays."""
        oldest = list(self.keys.values())[-1]
        return hmac.new(oldest, f"{purpose}\x00{text}".encode(), hashlib.sha256).digest()


def load_ring(path: Path) -> KeyRing:
    """Read `{"keys": [{"id": …, "key": base64 of 32 bytes}]}`, the newest first. Raises `KeyRingInvalid`."""
    try:
        entries = json.loads(path.read_text())["keys"]
        keys = {str(entry["id"]): base64.b64decode(entry["key"], validate=True) for entry in entries}
    except OSError as error:
        raise KeyRingInvalid(f"can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise KeyRingInvalid('is not {"keys": [{"id": "...", "key": "<base64 of 32 bytes>"}]}') from None
    if not keys or len(keys) != len(entries) or any(len(key) != _KEY for key in keys.values()):
        raise KeyRingInvalid("needs one or more keys of 32 bytes under different ids")
    if path.stat().st_mode & 0o077:
        raise KeyRingInvalid("is readable by others; chmod 600 it")
    return KeyRing(keys)


def make_ring(path: Path) -> KeyRing:
    """Write a ring with one fresh key, or read the one that is there already (two processes may start at once)."""
    if not path.exists():
        content = json.dumps({"keys": [{"id": secrets.token_hex(4), "key": base64.b64encode(new_key()).decode()}]})
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return load_ring(path)
