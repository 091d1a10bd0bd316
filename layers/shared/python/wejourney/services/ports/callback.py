"""What the callback needs of the world; apart, because it must start fast."""

from typing import Protocol

from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.journeys.runs import FollowerState
from wejourney.wire.official_account.request import SignatureUse


class FollowerUnreadableError(WejourneyError):
    """What is stored of a follower could not be read."""


class FollowerReader(Protocol):
    def read(self, app_id: str, openid: str) -> FollowerState:
        """All that routing needs of a follower, in one call. Raises FollowerUnreadableError."""


class SignaturesUnavailableError(WejourneyError):
    """Whether a signature was used before could not be found out."""


class Signatures(Protocol):
    """The signatures that were used a short while ago, of accounts that take plain messages."""

    def use(self, use: SignatureUse) -> bool:
        """Remember what a signature is used for; False when it was used for another body before.

        Raises SignaturesUnavailableError.
        """


class Watch(Protocol):
    """Who is told what happened: logs and metrics. Nothing that it is told names a follower in clear."""

    def verified(self, app_id: str) -> None:
        """WeChat's console was shown that this URL is ours."""

    def received(self, event: InboundEvent, opening: str | None) -> None: ...

    def refused(self, refusal: CallbackRefusedError, app_id: str | None) -> None:
        """A request was refused. The app id is None where no account of ours was asked for."""

    def replayed(self, app_id: str) -> None:
        """A signature came again with another body: somebody has seen an address of WeChat's requests."""

    def opening_undecided(self, event: InboundEvent, error: WejourneyError) -> None:
        """An event was queued and answered without an opening, because its follower could not be read."""

    def failed(self, error: WejourneyError, app_id: str | None) -> None:
        """We could not do our part; WeChat will deliver again. The app id is as in `refused`."""
