"""Dates and schedules set journeys off on the virtual clock, with nobody's doing."""

from datetime import timedelta

import pytest

from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import Act, say, tell
from tests.support.virtual_time.simulated import (
    DAY,
    HOUR,
    MINUTE,
    does,
    follow,
    journey,
    of,
    says,
    simulation,
)
from wejourney.reasons import AlreadyInJourney, StartedOther
from workbench.language.journey import Journey
from workbench.simulator.deployment import SimulatedDeployment, simulated_account
from workbench.simulator.population import Population, PopulationSampler
from workbench.simulator.rates import Rates
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import JourneyRefused, RunStarted, TagsChanged

BIRTHDAY = {"birthday": "2026-12-03"}
NINE = timedelta(hours=23)
"""From ten o'clock in Shanghai, where a person begins, to nine."""


def dated(fields: str, name: str = "dated", more: str = "") -> Journey:
    return journey(f"trigger: {{event: date, date: birthday{fields}}}\n{more}steps: [{{tag: {name}}}]", name)


def scheduled(fields: str, name: str = "scheduled", more: str = "") -> Journey:
    return journey(f"trigger: {{event: schedule{fields}}}\n{more}steps: [{{tag: {name}}}]", name)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ("", 9 * DAY + 14 * HOUR),
        (', at: "09:00"', 9 * DAY + NINE),
        (', before: 7d, at: "09:00"', 2 * DAY + NINE),
        (', after: 1d, at: "09:00"', 10 * DAY + NINE),
    ],
)
def test_a_date_sets_a_journey_off_at_the_moment_that_the_trigger_means(fields: str, at: timedelta) -> None:
    played = simulation(dated(fields), follow(), dates=BIRTHDAY).play()

    assert of(played, TagsChanged) == [(at, "+dated")]


@pytest.mark.parametrize(("zone", "at"), [("Europe/Paris", 6 * HOUR), ("America/New_York", 12 * HOUR)])
def test_a_day_comes_at_the_time_where_the_person_is(zone: str, at: timedelta) -> None:
    both = (dated(', at: "09:00"'), scheduled(', at: "09:00"'))
    played = simulation(both, follow(), dates={"birthday": "2026-11-23"}, time_zone=zone).play()

    assert of(played, RunStarted) == [(at, ""), (at, "")]


@pytest.mark.parametrize(
    ("moved_to", "at"),
    [("2026-11-25", [NINE + DAY]), ("2026-12-24", [NINE + 30 * DAY]), ("2026-11-23", []), ("", [])],
)
def test_a_date_that_moves_moves_what_it_sets_off(moved_to: str, at: list[timedelta]) -> None:
    move = does("profile", DAY, changes={"date.birthday": moved_to})
    played = simulation(dated(', at: "09:00"'), follow(), move, dates=BIRTHDAY).play()

    assert [moment for moment, _ in of(played, RunStarted)] == at


def test_a_date_that_a_journey_notes_sets_another_off() -> None:
    notes = journey(
        'trigger: {event: text, keywords: book}\nsteps: [{set: {date.birthday: "2026-11-25"}}]', "notes"
    )
    played = simulation((notes, dated(', at: "09:00"')), follow(), says("book", HOUR)).play()

    assert of(played, TagsChanged) == [(NINE + DAY, "+dated")]


@pytest.mark.parametrize(("every", "days"), [("", 0), (", every: day", 0), (", every: wednesday", 1)])
def test_a_schedule_comes_once_at_its_next_time(every: str, days: int) -> None:
    played = simulation(scheduled(f', at: "09:00"{every}'), follow()).play()

    assert of(played, TagsChanged) == [(NINE + days * DAY, "+scheduled")]


def test_a_schedule_comes_again_as_long_as_the_person_acts() -> None:
    weekly = scheduled(', at: "09:00", every: tuesday')
    played = simulation(weekly, follow(), says("hi", 15 * DAY)).play()

    assert [at for at, _ in of(played, RunStarted)] == [NINE, NINE + 7 * DAY, NINE + 14 * DAY]


def test_a_schedule_does_not_set_off_a_journey_that_somebody_is_in() -> None:
    daily = journey('trigger: {event: schedule, at: "09:00"}\nsteps: [{wait: 36h}, {tag: x}]')
    played = simulation(daily, follow(), says("hi", 2 * DAY)).play()

    assert of(played, JourneyRefused) == [(NINE + DAY, AlreadyInJourney())]


def test_a_day_comes_to_followers_only() -> None:
    both = (dated(', at: "09:00"'), scheduled(', at: "09:00"'))
    early = simulation(both, does("follow", 11 * DAY), dates=BIRTHDAY).play()
    left = simulation(both, follow(), does("unfollow", MINUTE), dates=BIRTHDAY).play()

    assert of(early, RunStarted) == [(11 * DAY + NINE, "")]
    assert of(left, RunStarted) == []


def test_journeys_of_one_date_begin_each_at_its_own_moment() -> None:
    both = (dated(', before: 2d, at: "09:00"', "early"), dated(', at: "09:00"', "late"))
    played = simulation(both, follow(), dates=BIRTHDAY).play()

    assert of(played, TagsChanged) == [(7 * DAY + NINE, "+early"), (9 * DAY + NINE, "+late")]


def test_at_one_moment_a_day_starts_one_journey_as_every_event_does() -> None:
    both = (scheduled(', at: "09:00"', "second"), scheduled(', at: "09:00"', "first", "priority: 1\n"))
    played = simulation(both, follow()).play()

    assert of(played, TagsChanged) == [(NINE, "+first")]
    assert of(played, JourneyRefused) == [(NINE, StartedOther("first"))]


@pytest.mark.parametrize(
    ("trigger", "kind", "fields", "after"),
    [
        ("{event: date, date: booking, before: 1d, at: '09:00'}", "date", {"date": "booking"}, NINE),
        ("{event: schedule, every: tuesday, at: '09:00'}", "schedule", {}, NINE + DAY),
    ],
)
def test_a_day_is_the_event_that_a_source_of_days_will_tell_a_deployment(
    trigger: str, kind: str, fields: dict[str, str], after: timedelta
) -> None:
    made = journey(
        f"trigger: {trigger}\nsteps: [{{ask: {{name: q, text: How are you?, within: 1d}}}}, {{tag: done}}]"
    )
    acts: list[Act] = [say("hello", after - HOUR), say("fine", after + HOUR)]

    both = Agreement.of(made)
    real = both.deployed([*acts, tell(kind, after, **fields)], [], "current")
    played = both.simulated(acts, [], "current")

    assert played.sent == real.sent
    assert len(played.sent) == 1
    assert played.profile == real.profile
    assert [answer for _, answer in played.answers] == ["fine"]


@pytest.mark.parametrize("trigger", ["event: date, date: birthday, before: 7d", "event: schedule"])
def test_the_people_of_a_population_begin_when_the_calendar_says(trigger: str) -> None:
    made = journey(f'trigger: {{{trigger}, at: "10:00"}}\nsteps: [{{wait: 1h}}, {{tag: x}}]')
    account = simulated_account()
    crowd = PopulationSampler(made, Rates(unfollow=0), account, seed=1)
    lives = [
        Simulator(SimulatedDeployment.of((made,), account), crowd.person(number)).play()
        for number in range(20)
    ]

    begun = [one.at for life in lives for one in life if isinstance(one, RunStarted)]
    assert [f"{at:%H:%M}Z" for at in begun] == ["02:00Z"] * 20


def test_whoever_a_journey_begins_for_without_a_follow_follows_already() -> None:
    made = journey("trigger: {event: segment, segment: gold}\nsteps: [{send: {mass: {text: Hello}}}]")
    found = Population((made,), Rates(), simulated_account(), 20).funnel(cores=1)

    assert found.channels == {"mass": 20}
