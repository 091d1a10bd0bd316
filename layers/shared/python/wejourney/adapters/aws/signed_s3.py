"""The calls of S3 that functions make, signed as all of theirs (`signed_client.py`), by botocore's names.

A bucket is named in the path: that address works in every region, and for the local AWS.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from wejourney.adapters.aws.signature import sha256
from wejourney.adapters.aws.signed_client import Limits, SignedConnection, may_pass
from wejourney.adapters.failures import AwsCallError

_CODE = re.compile(rb"<Code>(\w{1,80})</Code>")
_NAME = re.compile(r"[\w./-]{1,1024}", re.ASCII)
"""Names that stand in an address and in XML as they are."""


class SignedS3:
    """`now` is the real time."""

    def __init__(self, limits: Limits, now: Callable[[], datetime]) -> None:
        self._connection = SignedConnection("s3", limits, now)

    # The names of parameters are AWS's.
    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - as above
        self._call("PutObject", "PUT", f"/{Bucket}/{_fit(Key)}", Body)

    def copy_object(self, Bucket: str, Key: str, CopySource: str, CopySourceIfMatch: str) -> None:  # noqa: N803 - as above
        source = {
            "x-amz-copy-source": f"/{_fit(CopySource)}",
            "x-amz-copy-source-if-match": CopySourceIfMatch,
        }
        answer = self._call("CopyObject", "PUT", f"/{Bucket}/{_fit(Key)}", b"", source)
        # A copy that fails halfway is answered as one that began.
        if failed := _CODE.search(answer):
            raise AwsCallError("CopyObject", failed[1].decode())

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - as above
        keys = (f"<Object><Key>{_fit(one['Key'])}</Key></Object>" for one in Delete["Objects"])
        body = f"<Delete><Quiet>true</Quiet>{''.join(keys)}</Delete>".encode()
        digest = b64encode(hashlib.sha256(body).digest()).decode()
        checksum = {"x-amz-checksum-sha256": digest, "x-amz-sdk-checksum-algorithm": "SHA256"}
        answer = self._call("DeleteObjects", "POST", f"/{Bucket}", body, checksum, "delete=")
        errors = [code.decode() for code in _CODE.findall(answer)]
        return {"Errors": [{"Code": code} for code in errors]} if errors else {}

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        body: bytes,
        more: dict[str, str] | None = None,
        query: str = "",
    ) -> bytes:
        headers = {"Content-Type": "application/octet-stream", "x-amz-content-sha256": sha256(body)}
        code = ""
        for _ in self._connection.attempts():
            try:
                status, answer = self._connection.send(headers | (more or {}), body, method, path, query)
            except (HTTPException, OSError) as error:
                self._connection.close()
                code = type(error).__name__
                continue
            if status == HTTPStatus.OK:
                return answer
            found = _CODE.search(answer)
            code = found[1].decode() if found else str(status)
            if not may_pass(status, code):
                break
        raise AwsCallError(operation, code)


def _fit(name: str) -> str:
    """A name that needs no encoding. Raises ValueError for any other."""
    if not _NAME.fullmatch(name):
        raise ValueError("a name of an object that would have to be encoded")
    return name
