"""Who is told what happens in the callback."""

from typing import Protocol

from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.events.event import InboundEvent


class AccountWatch(Protocol):
    """Who is told what happens to accounts."""

    def account_outdated(self, app_id: str, error: WejourneyError) -> None:
        """The secret of an account could not be read anew; what it was before is still used."""


class Watch(Protocol):
    """Who is told what happened: logs and metrics. Nothing that it is told names a follower in clear."""

    def verified(self, app_id: str) -> None:
        """WeChat's console was shown that this URL is ours."""

    def received(self, event: InboundEvent, opening: str | None) -> None:
        """An event is in the inbox."""

    def refused(self, refusal: CallbackRefusedError, app_id: str | None) -> None:
        """A request was refused. The app id is None where no account of ours was asked for."""

    def replayed(self, app_id: str) -> None:
        """A signature came again with another body: somebody has seen an address of WeChat's requests."""

    def opening_undecided(self, event: InboundEvent, error: WejourneyError) -> None:
        """An event was queued and answered without an opening, because its follower could not be read."""

    def failed(self, error: WejourneyError, app_id: str | None) -> None:
        """We could not do our part; WeChat will deliver again. The app id is as in `refused`."""
