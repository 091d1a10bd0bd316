"""Signature Version 4, with the credentials in Lambda's variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import os
from datetime import datetime
from functools import lru_cache

from wejourney.settings import setting


def signature(
    headers: dict[str, str],
    body: bytes,
    service: str,
    region: str,
    at: datetime,
    method: str = "POST",
    path: str = "/",
    query: str = "",
) -> dict[str, str]:
    """The further headers with which AWS takes a request.

    `path` and `query` (`name=value`) are of characters that need no encoding.
    """
    time_text = at.strftime("%Y%m%dT%H%M%SZ")
    added = {"X-Amz-Date": time_text}
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        added["X-Amz-Security-Token"] = token
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in (headers | added).items())
    signed = ";".join(name for name, _ in lines)
    canonical = [method, path, query, *(f"{name}:{value}" for name, value in lines), "", signed, sha256(body)]
    scope = f"{time_text[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{time_text}\n{scope}\n{sha256('\n'.join(canonical).encode())}"
    key = signing_key(setting("AWS_SECRET_ACCESS_KEY"), scope)
    credential = f"{setting('AWS_ACCESS_KEY_ID')}/{scope}"
    signed_by = hmac.digest(key, text.encode(), "sha256").hex()
    value = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signed_by}"
    return added | {"Authorization": value}


@lru_cache(maxsize=8)
def signing_key(secret: str, scope: str) -> bytes:
    """The key of a day, a region and a service."""
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
