"""The signatures of WeChat's requests."""

from typing import Protocol

from wejourney.errors import WejourneyError
from wejourney.wire.official_account.request import Use


class SignaturesUnavailableError(WejourneyError):
    """Whether a signature was used before could not be found out."""


class Signatures(Protocol):
    """The signatures that were used a short while ago, of accounts that take plain messages."""

    def use(self, use: Use) -> bool:
        """Remember what a signature is used for; False when it was used for another body before.

        Raises SignaturesUnavailableError.
        """
