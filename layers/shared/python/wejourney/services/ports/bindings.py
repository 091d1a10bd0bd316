"""What has been seen of the apps' union ids."""

from datetime import datetime
from typing import Protocol


class Bindings(Protocol):
    def note(self, app_id: str, open_platform: str, *, has_union_id: bool, at: datetime) -> None:
        """An app has told of a person, with their union id or without. It is noted about once a day."""

    def note_payment(self, app_id: str, merchant: str, at: datetime) -> None:
        """Somebody has paid a merchant in an app. It is noted about once a day."""
