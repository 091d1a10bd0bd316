"""How much work a proof may be: counted and not timed, so that it ends in the same way everywhere."""

from wejourney.errors import WejourneyError


class TooManyWaysError(WejourneyError):
    """A journey that cannot be proved with the work that is allowed."""


class Effort:
    """The work that is left."""

    def __init__(self, most: int) -> None:
        self._left = most

    def spend(self, amount: int) -> None:
        """Do so much. Raises TooManyWaysError when it is more than is left."""
        self._left -= amount
        if self._left < 0:
            raise TooManyWaysError
