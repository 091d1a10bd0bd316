"""The records of followers, as the callback reads them. Apart, because the callback must start fast."""

from typing import Protocol

from wejourney.errors import WejourneyError
from wejourney.people.followers import FollowerState


class FollowerUnreadableError(WejourneyError):
    """What is stored of a follower could not be read."""


class FollowerReader(Protocol):
    """Reads followers."""

    def read(self, app_id: str, openid: str) -> FollowerState:
        """All that routing needs of a follower, in one call. Raises FollowerUnreadableError."""
