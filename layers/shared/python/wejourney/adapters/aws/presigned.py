"""Addresses of S3 that somebody without credentials can use for a while: they may do what their signer may.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import hmac
import json
import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from wejourney.adapters.aws.signature import sha256, signing_key
from wejourney.adapters.aws.signed_client import endpoint
from wejourney.settings import setting

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class BucketAddress:
    """Where a bucket is: on a host of its own, so that a mini program allows uploads to no other bucket.

    The local AWS has one host for all.
    """

    host: str
    path: str
    scheme: str = "https"

    @classmethod
    def of(cls, bucket: str, region: str) -> "BucketAddress":
        if local := os.environ.get("AWS_ENDPOINT_URL"):
            url = urlsplit(local)
            return cls(url.netloc, f"/{bucket}/", url.scheme)
        host = urlsplit(endpoint("s3", region)).netloc
        return cls(f"{bucket}.{host}", "/")

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"


def signed_form(
    bucket: str,
    fields: Mapping[str, str],
    sizes: tuple[int, int],
    region: str,
    at: datetime,
    lasts: timedelta,
) -> dict[str, str]:
    """The fields of a form that posts one file of so many bytes with `fields`. `at` is the real time."""
    signed = {**fields, **_credential(region, at)}
    conditions = [{"bucket": bucket}, ["content-length-range", *sizes], *({n: v} for n, v in signed.items())]
    policy = {"expiration": f"{at + lasts:%Y-%m-%dT%H:%M:%SZ}", "conditions": conditions}
    text = b64encode(json.dumps(policy).encode()).decode()
    return {**signed, "policy": text, "x-amz-signature": _signed(text, region, at)}


def signed_address(bucket: str, name: str, region: str, at: datetime, lasts: timedelta) -> str:
    """Where a file can be read. `at` is the real time."""
    place = BucketAddress.of(bucket, region)
    asked = {part.title(): value for part, value in _credential(region, at).items()}
    asked |= {"X-Amz-Expires": str(int(lasts.total_seconds())), "X-Amz-SignedHeaders": "host"}
    query = urlencode(sorted(asked.items()), quote_via=quote, safe="-_.~")
    path = quote(f"{place.path}{name}", safe="/-_.~")
    canonical = ["GET", path, query, f"host:{place.host}", "", "host", "UNSIGNED-PAYLOAD"]
    date, scope = asked["X-Amz-Date"], _scope(region, at)
    text = f"{_ALGORITHM}\n{date}\n{scope}\n{sha256('\n'.join(canonical).encode())}"
    return f"{place.scheme}://{place.host}{path}?{query}&X-Amz-Signature={_signed(text, region, at)}"


def _credential(region: str, at: datetime) -> dict[str, str]:
    credential = f"{setting('AWS_ACCESS_KEY_ID')}/{_scope(region, at)}"
    date = f"{at:%Y%m%dT%H%M%SZ}"
    told = {"x-amz-algorithm": _ALGORITHM, "x-amz-credential": credential, "x-amz-date": date}
    token = os.environ.get("AWS_SESSION_TOKEN")
    return {**told, "x-amz-security-token": token} if token else told


def _scope(region: str, at: datetime) -> str:
    return f"{at:%Y%m%d}/{region}/s3/aws4_request"


def _signed(text: str, region: str, at: datetime) -> str:
    key = signing_key(setting("AWS_SECRET_ACCESS_KEY"), _scope(region, at))
    return hmac.digest(key, text.encode(), "sha256").hex()
