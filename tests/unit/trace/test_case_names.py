"""A case is told by its condition, in the words of the reader's language, wherever its number is."""

import re
from functools import cache
from io import StringIO
from itertools import count, islice
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from tests.unit.simulator.test_spread import ANSWERED, random_journey
from wejourney.reasons import EventNotReceived
from workbench.language.journey import Journey
from workbench.simulator.deployment import SimulatedDeployment, simulated_account
from workbench.simulator.expected import tables
from workbench.simulator.population import Population, PopulationSampler
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import BranchTaken
from workbench.trace.transcript import path_in_words, transcript
from workbench.wording.journey_parts import Wording, paths_in_words
from workbench.wording.picture_phrases import LANGUAGES, Language

ACCOUNT = simulated_account()
GENERATED, PEOPLE = 30, 4
CASE = re.compile(r"(?:case|情况) \d+ ?(.?)")


@cache
def generated() -> list[Journey]:
    return list(islice(filter(None, map(random_journey, count(1_000))), GENERATED))


def printed(*parts: object) -> str:
    console = Console(width=1_000, file=StringIO())
    for part in parts:
        console.print(part)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", range(GENERATED))
def test_transcripts_and_funnels_name_every_case_by_its_condition(number: int, language: Language) -> None:
    journey = generated()[number]
    words = paths_in_words(journey, Wording(language))
    assert words
    people = Population((journey,), ANSWERED, ACCOUNT, PEOPLE)
    funnel = printed(*tables(journey, people.funnel(cores=1), EventNotReceived("text"), language))
    assert all(text in funnel for text in words.values())
    sampler = PopulationSampler(journey, ANSWERED, ACCOUNT, 1)
    deployment = SimulatedDeployment.of((journey,), ACCOUNT)
    for person in range(PEOPLE):
        trace = Simulator(deployment, sampler.person(person)).play()
        told = printed(transcript(trace, ZoneInfo(ACCOUNT.time_zone), language, "title"))
        assert ACCOUNT.time_zone in told.splitlines()[0]
        taken = [event for event in trace if isinstance(event, BranchTaken) and event.when is not None]
        assert all(path_in_words(event, Wording(language)) in told for event in taken)
        assert all(sign in ("(", "（") for sign in CASE.findall(told))
