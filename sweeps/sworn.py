"""JSON objects that carry the SHA-256 of the rest of themselves, so that no flipped bit in one goes unseen.

swear(fields) -> bytes
heard(data) -> fields     raises ValueError where they are not as they were written
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

HASH = "sha256"


def swear(fields: Mapping[str, Any]) -> bytes:
    return _text({**fields, HASH: _hash(fields)})


def heard(data: bytes) -> dict[str, Any]:
    fields = json.loads(data)
    if not isinstance(fields, dict) or fields.pop(HASH, None) != _hash(fields):
        raise ValueError("it is not as it was written")
    return fields


def _hash(fields: Mapping[str, Any]) -> str:
    return sha256(_text(fields)).hexdigest()


def _text(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
