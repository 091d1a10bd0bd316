"""Token buckets: how fast AWS takes requests after a burst has used up what it takes at once.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field


@dataclass(frozen=True)
class TokenBucket:
    """A full bucket takes `bucket` requests at once, and `refill` a second from then on."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}
    bucket: Annotated[int, Field(ge=0)]
    refill: Annotated[float, Field(gt=0)]

    def seconds_until(self, nth: int) -> float:
        """When the n-th of many requests that come at once is taken, at the earliest."""
        return max(0.0, (nth - self.bucket) / self.refill)

    def taken_within(self, seconds: float) -> int:
        """How many of them are taken in the first seconds."""
        return self.bucket + math.floor(self.refill * seconds)
