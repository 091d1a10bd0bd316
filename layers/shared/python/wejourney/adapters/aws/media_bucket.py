"""The bucket with the files that people have sent; what is in it is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from wejourney.adapters.failures import AwsCallError, aws_errors, code_of

_AT_ONCE = 1000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""


@dataclass(frozen=True)
class MediaBucket:
    """MediaObjects in a bucket. `client` is a SignedS3, which cannot read, or botocore's."""

    client: Any
    bucket: str

    def put(self, name: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=name, Body=data)

    def read(self, name: str) -> bytes | None:
        try:
            data: bytes = self.client.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        except aws_errors() as error:
            if code_of(error) != "NoSuchKey":
                raise
            return None
        return data

    def delete(self, names: Sequence[str]) -> None:
        for some in batched(names, _AT_ONCE, strict=False):
            objects = {"Objects": [{"Key": name} for name in some], "Quiet": True}
            answer = self.client.delete_objects(Bucket=self.bucket, Delete=objects)
            if failed := answer.get("Errors"):
                raise AwsCallError("DeleteObjects", str(failed[0].get("Code", "no code")))
