"""The proof of journeys that name their account, against lives that are lived in two accounts at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random

from tests.support.examples.extreme_people import ExtremePerson, deployment_of, does, fitted, refusals
from tests.support.examples.small_journeys import small_journey
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.plain_data import changed
from workbench.language.journey import Journey
from workbench.simulator.deployment import ScriptedEvent, SimulatedDeployment
from workbench.trace.trace_events import MessageSent, TraceEvent

RULES = RULE_SETS["2021-06"]
"""A payment opens an allowance where it is made."""
NUMBERS, LIVES = range(2, 120), 6


class Commuter(ExtremePerson):
    """Somebody who follows two accounts, and does half of what they do in the other one."""

    def __init__(self, deployment: SimulatedDeployment, random: Random) -> None:
        super().__init__(deployment, random)
        self._is_elsewhere = True
        if self.follower is not None:
            self.follower = changed(self.follower, contact_id=self.follower.app_id)

    def _begin(self) -> None:
        self._plan(self._event(does("follow"), self.now))
        self._plan(self._event(replace(does("follow"), account="club"), self.now))
        super()._begin()

    def _do(self, act: ScriptedEvent, at: datetime) -> None:
        super()._do(replace(act, account=self.random.choice(("", "club"))), at)


def lived(*, is_proved_for: str, speaks_to: str) -> Iterator[tuple[Journey, list[TraceEvent]]]:
    """Lives in journeys that were accepted for one account, and speak to another one."""
    for number in NUMBERS:
        small = replace(small_journey(number), speaks_to=is_proved_for)
        journey = replace(fitted(small, RULES, Random(number)), speaks_to=speaks_to)  # noqa: S311
        deployment = deployment_of(journey, RULES)
        for life in range(LIVES):
            yield journey, Commuter(deployment, Random(f"{number}/{life}")).live()  # noqa: S311


def test_nobody_is_refused_an_allowance_whatever_they_do_elsewhere() -> None:
    sent = 0
    for journey, life in lived(is_proved_for="shop", speaks_to="shop"):
        assert refusals(journey, life) == []
        sent += sum(isinstance(event, MessageSent) for event in life)
    assert sent > 300


def test_these_lives_show_that_a_proof_which_counts_what_is_done_elsewhere_is_wrong() -> None:
    assert any(refusals(journey, life) for journey, life in lived(is_proved_for="", speaks_to="shop"))
