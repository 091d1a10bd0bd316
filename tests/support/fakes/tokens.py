"""The tokens' table in memory. `tests/functional/test_contracts.py` holds it to what the table does."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from wejourney.adapters.wechat.access_tokens import StoredToken, TimeName


@dataclass
class FakeTokens:
    """The tokens and leases by app id."""

    stored: dict[str, StoredToken] = field(default_factory=dict)
    leased: dict[str, datetime] = field(default_factory=dict)

    def read(self, app_id: str) -> StoredToken:
        return self.stored.get(app_id, StoredToken())

    def lease(self, app_id: str, seen: str | None, now: datetime, until: datetime) -> bool:
        leased = self.leased.get(app_id)
        if self.read(app_id).token != seen or (leased is not None and leased >= now):
            return False
        self.leased[app_id] = until
        return True

    def release(self, app_id: str, until: datetime) -> None:
        if self.leased.get(app_id) == until:
            del self.leased[app_id]

    def save(self, app_id: str, token: str, expires_at: datetime) -> None:
        self.stored[app_id] = replace(self.read(app_id), token=token, expires_at=expires_at)
        self.leased.pop(app_id, None)

    def set_time(self, app_id: str, name: TimeName, at: datetime | None) -> None:
        times: dict[str, Any] = {name: at}
        self.stored[app_id] = replace(self.read(app_id), **times)
