"""Many people: the same for the same seed, on any number of cores, and as the rates say."""

from pathlib import Path

import pytest

from tests.support.simulated import journey
from wejourney.simulation.funnel import Funnel
from wejourney.simulation.population import Population
from wejourney.simulation.rates import AnswerRate, Rates, read_rates
from wejourney.simulation.stage import simulated_account

WELCOME = journey(
    """
trigger: {event: follow, scene: store-*, when: {member: false}}
steps:
  - ask: {name: size, text: "?", choices: {small: [s], large: [l]}, within: 1d, unanswered: [{stop: silent}]}
  - goal: told us
""",
    "welcome",
)
PEOPLE = 1_200
ALL = AnswerRate(answered=100, half_after=60)


def funnel(rates: Rates, people: int = PEOPLE, seed: int = 1, cores: int = 1) -> Funnel:
    return Population((WELCOME,), rates, simulated_account(), people, seed).funnel(cores=cores)


def test_the_same_seed_gives_the_same_funnel_on_any_number_of_cores() -> None:
    told: list[int] = []
    people = Population((WELCOME,), Rates(), simulated_account(), PEOPLE)

    assert people.funnel(told.append, cores=2).to_dict() == people.funnel(cores=1).to_dict()
    assert sum(told) == PEOPLE


def test_another_seed_gives_another_population() -> None:
    assert funnel(Rates()).to_dict() != funnel(Rates(), seed=2).to_dict()


def test_everybody_enters_answers_and_reaches_the_goal_where_the_rates_say_so() -> None:
    found = funnel(Rates(otherwise=ALL, unfollow=0))

    assert (found.people, found.entered) == (PEOPLE, PEOPLE)
    assert found.ended == {"goal": PEOPLE}
    assert found.steps["1", "answered"] == PEOPLE


def test_nobody_answers_where_the_rates_say_so() -> None:
    found = funnel(Rates(otherwise=AnswerRate(answered=0), unfollow=0))

    assert found.ended == {"silent": PEOPLE}
    assert found.steps["1", "time_over"] == PEOPLE


def test_about_as_many_answer_and_choose_as_the_rates_say() -> None:
    rate = AnswerRate(answered=30, half_after=60, choices={"small": 90, "large": 10})
    found = funnel(Rates({"size": rate}, unfollow=0), people=4_000)

    assert found.steps["1", "answered"] / 4_000 == pytest.approx(0.3, abs=0.03)
    assert found.answers["size", "small"] / found.steps["1", "answered"] == pytest.approx(0.9, abs=0.03)


def test_half_of_the_answers_come_in_the_time_that_the_rate_names() -> None:
    in_half = AnswerRate(answered=100, half_after=86_400)
    found = funnel(Rates(otherwise=in_half, unfollow=0), people=4_000)

    assert found.steps["1", "answered"] / 4_000 == pytest.approx(0.5, abs=0.03)


def test_people_who_do_not_fit_the_trigger_do_not_enter_and_it_is_said_why_not() -> None:
    everybody = funnel(Rates(scenes={"store-1": 50, "fair-1": 50}, unfollow=0))
    held_out = journey("trigger: {event: follow}\nholdout: 20%\nsteps: [{tag: x}]", "held")
    found = Population((held_out,), Rates(unfollow=0), simulated_account(), PEOPLE).funnel(cores=1)

    assert everybody.entered / PEOPLE == pytest.approx(0.5, abs=0.05)
    assert found.refused["held out"] + found.entered == PEOPLE
    assert found.entered / PEOPLE == pytest.approx(0.8, abs=0.05)


def test_messages_that_no_allowance_is_left_for_are_counted_by_their_reason() -> None:
    late = journey("trigger: {event: follow}\nsteps: [{wait: 2h}, {send: {text: a}}]", "late")
    found = Population((late,), Rates(unfollow=0), simulated_account(), 50).funnel(cores=1)

    assert found.not_sent == {"no allowance": 50}


def test_rates_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rates.yaml"
    path.write_text(
        "answers: {size: {answered: 60%, half_after: 2h, choices: {small: 70%, large: 30%}, tapped: 10%}}\n"
        "otherwise: {answered: 5%}\nunfollow: {percent: 1%, half_after: 3h}\nlanguages: {en: 100%}\n"
        "sources: {article: 100%}\nscenes: {store-1: 100%}\nmembers: 50%\n",
        "utf-8",
    )

    assert read_rates(path).rates == Rates(
        answers={"size": AnswerRate(60, 7_200, {"small": 70, "large": 30}, 10)},
        otherwise=AnswerRate(answered=5),
        unfollow=1,
        unfollow_half_after=10_800,
        languages={"en": 100},
        sources={"article": 100},
        scenes={"store-1": 100},
        members=50,
    )


MISTAKES = {
    "answer: {}\n": "rates has no field `answer`",
    "languages: {en: 60%, zh: 30%}\n": "the shares sum to 90 %",
    "languages: {english: 100%}\n": "`english` cannot be one of `languages`",
    "unfollow: {percent: few}\n": "`percent` is a whole number of percent",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items())
def test_a_mistake_in_the_rates_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rates.yaml"
    path.write_text(text, "utf-8")

    reading = read_rates(path)

    assert reading.rates is None
    assert message in {mistake.message for mistake in reading.mistakes}
