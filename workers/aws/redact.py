"""Texts of AWS without what must not be logged."""

import re

_ENCODED = re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL)
_CANONICAL = re.compile(r"\s*The Canonical String.*", re.DOTALL | re.IGNORECASE)
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b")


def redacted(message: str) -> str:
    """The message without key ids, the encoded explanation of a denial, and the echo of a signed request.

    The echo (SignatureDoesNotMatch) holds the request's headers, and with them the session token.
    """
    message = _CANONICAL.sub("", _ENCODED.sub("", message))
    return _KEY_ID.sub("[key id]", message)
