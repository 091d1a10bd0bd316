"""Six people who live at the same time in the sandbox, for the tests that look back at their lives."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.support.cli import run

SAMPLED = ("oAnswers", "oSilent", "oMoves", "oBuys", "oQuiet")
"""Those of the journeys of this folder."""

DEAR = "oDear"
"""Takes the dearest way through welcome-from-store, and opens a page of the menu twice."""

PAGE = "https://www.example.com/care"
"""Opening it neither starts nor wakes anything."""

_MOST = timedelta(hours=60)


def live(sandbox: Any) -> None:
    """Let all of them act, each at their hours, and wait until nothing is left to be said to them."""
    began: datetime = sandbox.now()

    def booked(hours: float) -> str:
        return f"date.booking={began + timedelta(hours=hours):%Y-%m-%dT%H:%M}Z"

    def act(openid: str, what: str, **details: str) -> Callable[[], object]:
        return lambda: sandbox.act(openid, what, **details)

    def tell(*arguments: str) -> Callable[[], object]:
        return lambda: invoke(*arguments)

    acts: list[tuple[float, Callable[[], object]]] = [
        (0, act(DEAR, "follow", scene="store-SH01")),
        (0, act("oAnswers", "follow", scene="sample-steps")),
        (0, act("oSilent", "follow", scene="sample-steps")),
        (0, act("oMoves", "follow", scene="sample-dates")),
        (0, act("oBuys", "follow", scene="sample-dates")),
        (0, act("oQuiet", "follow", scene="no-journey")),
        (1, act(DEAR, "view", url=PAGE)),
        (1, tell("set-profile", "oMoves", booked(30))),
        (1, tell("set-profile", "oBuys", booked(20))),
        (2, act(DEAR, "view", url=PAGE)),
        (2, act("oAnswers", "say", text="52")),
        (2, act("oMoves", "say", text="yes")),
        (2, act("oBuys", "say", text="please")),
        (2, act("oQuiet", "say", text="I am at home")),
        (2, tell("emit", "oQuiet", "tag", "tag=ripe")),
        (3, act(DEAR, "say", text="1")),
        (4, tell("emit", "oMoves", "tag", "tag=visited")),
        (5, act("oAnswers", "click", key="CARE")),
        (6, tell("set-profile", "oMoves", booked(15))),
        (9, tell("emit", "oBuys", "tag", "tag=bought")),
        (9, tell("set-profile", "oQuiet", "time_zone=Asia/Tokyo")),
        (11, tell("set-profile", "oQuiet", "time_zone=Asia/Shanghai")),
        # In the middle of a wait, before the one for it; and what is known, in the wait for it.
        (14.5, act("oMoves", "view", url=PAGE)),
        (15.75, tell("emit", "oMoves", "tag", "tag=visited")),
    ]
    for hours, do in acts:
        sandbox.until(began + timedelta(hours=hours))
        do()
    sandbox.wait_for(lambda: len(sandbox.messages(DEAR)) == 4, within=_MOST)
    sandbox.act(DEAR, "say", text="gold")
    sandbox.wait_for(lambda: len(sandbox.messages(DEAR)) == 6, within=_MOST)


def invoke(*arguments: str) -> None:
    """Run a command of the command line on the sandbox."""
    done = run(*arguments)
    assert done.exit_code == 0, done.output
