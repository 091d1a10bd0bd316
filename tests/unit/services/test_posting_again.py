"""Who loses against another writer tries again, for less long than whoever waits for the answer."""

import pytest

from wejourney.errors import LedgerBusyError, StaleBooksError
from wejourney.services.loyalty.bookkeeping import MOST_ATTEMPTS, until_done

API_GATEWAY_WAITS = 15
"""Seconds, by the template."""


def test_all_attempts_of_a_request_are_over_before_api_gateway_hangs_up() -> None:
    pauses = list[float]()

    def loses() -> None:
        raise StaleBooksError

    with pytest.raises(LedgerBusyError):
        until_done(loses, "a posting", pauses.append)
    assert len(pauses) == MOST_ATTEMPTS - 1
    assert sum(pauses) < API_GATEWAY_WAITS - 4
