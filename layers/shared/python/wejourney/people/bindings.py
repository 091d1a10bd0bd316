"""Which apps know people by a union id: what has been seen, as no interface of WeChat tells it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Binding:
    """What is known of an app: when it last told a union id, and when it last told of a person without one.

    `open_platform` is the brand's name for its account of the Open Platform. `merchant` is the merchant of
    WeChat Pay in whose payments the app was seen, empty for what the app itself told. Times are UTC.
    """

    app_id: str
    open_platform: str = ""
    merchant: str = ""
    told_at: datetime | None = None
    not_told_at: datetime | None = None

    @property
    def is_bound(self) -> bool | None:
        """Whether the app is bound to an account of the Open Platform; None: nothing tells it yet."""
        if self.told_at is None and self.not_told_at is None:
            return None
        return self.told_at is not None and (self.not_told_at is None or self.told_at >= self.not_told_at)
