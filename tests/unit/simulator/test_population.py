"""Many people: the same for the same seed, on any number of cores, and as the rates say."""

from pathlib import Path

import pytest

from tests.support.events import body
from tests.support.virtual_time.simulated import journey
from wejourney.events.event_types import EVENT_TYPES, NARROWING_FIELDS
from wejourney.events.matching import EventPattern
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.loyalty.earning_rules import EarningRule
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.programme import Programme
from wejourney.people.profile_model import ProfileModel
from wejourney.reasons import Finished, GoalReached, HeldOut, NoAllowance, NotAgreed, Stopped, Unfollowed
from workbench.simulator.deployment import simulated_account
from workbench.simulator.population import Population
from workbench.simulator.rates import ActRate, AnswerRate, Rates, read_rates
from workbench.trace.funnel import Funnel, Outcome

WELCOME = journey(
    """
trigger: {event: follow, scene: store-*, when: {member: false}}
steps:
  - ask: {name: size, text: "?", choices: {small: [s], large: [l]}, within: 1d, unanswered: [{stop: silent}]}
  - goal: told us
""",
    "welcome",
)
PEOPLE = 600
ALL = AnswerRate(answered=100, half_after=60)


def funnel(rates: Rates, people: int = PEOPLE, seed: int = 1, cores: int = 1) -> Funnel:
    return Population((WELCOME,), rates, simulated_account(), people, seed).funnel(cores=cores)


def test_the_same_seed_gives_the_same_funnel_on_any_number_of_cores() -> None:
    told: list[int] = []
    people = Population((WELCOME,), Rates(), simulated_account(), 2 * PEOPLE)

    assert people.funnel(told.append, cores=2).to_dict() == people.funnel(cores=1).to_dict()
    assert sum(told) == 2 * PEOPLE


def test_people_earn_by_the_programme_and_members_alone_can_spend_it() -> None:
    made = journey(
        "trigger: {event: follow}\n"
        "steps: [{award: {points: 5, reason: r}}, {wait: 2h}, {branch: [{when: {points: 104}, "
        "steps: [{tag: rich}]}]}]\n",
        "earns",
    )
    purchases = EarningRule(EventPattern("payment"), 1, per_yuan=1)
    programme = Programme(assets={"points": Expiry()}, rules={"purchases": purchases})
    rules = PeopleRules(ProfileModel(membership="club")).with_programme(programme)

    def rich(members: int, rules: PeopleRules = rules) -> int:
        acts = (ActRate(100, 1, body("payment", total=9_900)),)
        rates = Rates(unfollow=0, members=members, acts=acts)
        found = Population((made,), rates, simulated_account(), 200, rules=rules).funnel(cores=1)
        return found.reached["3.case1.1"]

    assert rich(members=100) == 200
    assert 70 < rich(members=0) == rich(members=100, rules=NO_RULES) < 130, "who has begun with as much"


def test_another_seed_gives_another_population() -> None:
    assert funnel(Rates()).to_dict() != funnel(Rates(), seed=2).to_dict()


def test_everybody_enters_answers_and_reaches_the_goal_where_the_rates_say_so() -> None:
    found = funnel(Rates(otherwise=ALL, unfollow=0))

    assert (found.people, found.entered) == (PEOPLE, PEOPLE)
    assert found.ended == {GoalReached(): PEOPLE}
    assert found.steps["1", Outcome.ANSWERED] == PEOPLE


def test_nobody_answers_where_the_rates_say_so() -> None:
    found = funnel(Rates(otherwise=AnswerRate(answered=0), unfollow=0))

    assert found.ended == {Stopped("silent"): PEOPLE}
    assert found.steps["1", Outcome.TIMED_OUT] == PEOPLE


def test_about_as_many_answer_and_choose_as_the_rates_say() -> None:
    rate = AnswerRate(answered=30, half_after=60, choices={"small": 90, "large": 10})
    found = funnel(Rates({"size": rate}, unfollow=0), people=2 * PEOPLE)

    assert found.steps["1", Outcome.ANSWERED] / (2 * PEOPLE) == pytest.approx(0.3, abs=0.03)
    assert found.answers["size", "small"] / found.steps["1", Outcome.ANSWERED] == pytest.approx(0.9, abs=0.03)


def test_half_of_the_answers_come_in_the_time_that_the_rate_names() -> None:
    in_half = AnswerRate(answered=100, half_after=86_400)
    found = funnel(Rates(otherwise=in_half, unfollow=0), people=2 * PEOPLE)

    assert found.steps["1", Outcome.ANSWERED] / (2 * PEOPLE) == pytest.approx(0.5, abs=0.03)


def test_people_who_do_not_fit_the_trigger_do_not_enter_and_it_is_said_why_not() -> None:
    everybody = funnel(Rates(scenes={"store-1": 50, "fair-1": 50}, unfollow=0))
    held_out = journey("trigger: {event: follow}\nholdout: 20%\nsteps: [{tag: x}]", "held")
    found = Population((held_out,), Rates(unfollow=0), simulated_account(), PEOPLE).funnel(cores=1)

    assert everybody.entered / PEOPLE == pytest.approx(0.5, abs=0.05)
    assert found.refused[HeldOut()] + found.entered == PEOPLE
    assert found.entered / PEOPLE == pytest.approx(0.8, abs=0.05)


def test_messages_that_no_allowance_is_left_for_are_counted_by_their_reason() -> None:
    late = journey("trigger: {event: follow}\nsteps: [{wait: 2h}, {send: {text: a}}]", "late")
    found = Population((late,), Rates(unfollow=0), simulated_account(), 50).funnel(cores=1)

    assert found.not_sent == {NoAllowance(): 50}


LADDER = """
trigger: {event: follow}
steps:
  - wait: 2h
  - send: {text: a, instead: [{mass: {text: b}}]}
  - send: {text: c, instead: [{notice: {id: T1, data: {thing1: d}}}], purpose: service}
"""


def test_a_message_of_a_ladder_is_not_sent_once_at_most_and_not_if_one_of_its_channels_takes_it() -> None:
    people = Population((journey(LADDER, "ladder"),), Rates(unfollow=0), simulated_account(), 50)
    found = people.funnel(cores=1)

    assert found.channels == {"mass": 50}
    assert found.not_sent == {NotAgreed("T1"): 50}
    assert found.steps["3", Outcome.NOT_SENT] == 50


BOOKED = """
trigger: {event: follow}
steps:
  - wait: {date: booking, before: 1d, within: 3d, otherwise: [{stop: too far}]}
  - tag: soon
"""


@pytest.mark.parametrize(("days", "ended"), [((2, 3), Finished()), ((6, 9), Stopped("too far"))])
def test_the_dates_that_a_journey_waits_for_lie_where_the_rates_say(
    days: tuple[int, int], ended: str
) -> None:
    booked = journey(BOOKED, "booked")
    rates = Rates(unfollow=0, dates={"booking": days})

    assert Population((booked,), rates, simulated_account(), 50).funnel(cores=1).ended == {ended: 50}


@pytest.mark.parametrize(("before", "days"), [("2h", (2, 10)), ("7d", (9, 17))])
def test_without_rates_a_date_lies_so_far_ahead_that_it_is_waited_for(
    before: str, days: tuple[int, int]
) -> None:
    booked = journey(BOOKED.replace("1d", before).replace("3d", "60d"), "booked")
    found = Population((booked,), Rates(unfollow=0), simulated_account(), 200).funnel(cores=1)

    assert Rates().days(booked) == {"booking": days}
    assert found.steps["1", Outcome.DATE_CAME] == 200


def test_the_date_that_sets_a_journey_off_has_come_for_everybody() -> None:
    steps = "steps: [{wait: {date: birthday, after: 1d, within: 2d, passed: go_on}}, {tag: x}]"
    born = journey(f"trigger: {{event: date, date: birthday}}\n{steps}", "born")
    found = Population((born,), Rates(unfollow=0), simulated_account(), 50).funnel(cores=1)

    assert Rates().days(born) == {}
    assert (found.entered, found.steps["1", Outcome.DATE_CAME]) == (50, 50)


def test_a_journey_that_is_taken_once_for_each_order_is_entered_with_an_order() -> None:
    paid = journey("trigger: {event: payment}\nagain: {per: order}\nsteps: [{tag: x}]", "paid")

    assert Population((paid,), Rates(unfollow=0), simulated_account(), 20).funnel(cores=1).entered == 20


@pytest.mark.parametrize(
    "trigger",
    [
        "{event: payment, property: {store: SH01, total: {from: 100}}}",
        "{event: refund, property: {total: 100}}",
        *(
            f"{{event: mini_program, name: a, property: {{{name}: x1}}}}"
            for name in ("order", "name", "value")
        ),
    ],
)
def test_a_population_begins_with_the_properties_that_the_trigger_wants(trigger: str) -> None:
    """A property of a mini program's event may have the name of a field of ours."""
    begun = journey(f"trigger: {trigger}\nsteps: [{{tag: done}}]", "begun")

    assert Population((begun,), Rates(unfollow=0), simulated_account(), 5).funnel(cores=1).entered == 5


@pytest.mark.parametrize("trigger", [name for name in NARROWING_FIELDS if name not in ("text", "points")])
def test_a_population_begins_with_the_event_of_the_trigger(trigger: str) -> None:
    required = EVENT_TYPES[trigger].required_field or EVENT_TYPES[trigger].required_in_trigger
    written = {"at": "09:00", "near": "{latitude: 1.5, longitude: -2, metres: 3}"}
    narrowed = f", {required}: {written.get(required, 'x')}" if required else ""
    begun = journey(f"trigger: {{event: {trigger}{narrowed}}}\nsteps: [{{tag: done}}]", "begun")

    assert Population((begun,), Rates(unfollow=0), simulated_account(), 5).funnel(cores=1).entered == 5


def test_every_number_that_a_question_takes_is_an_answer_of_somebody() -> None:
    ask = "{ask: {name: rating, text: '1 to 5?', parse: number, minimum: 1, maximum: 5, within: 1d}}"
    rated = journey(f"trigger: {{event: follow}}\nsteps: [{ask}]", "rated")
    found = Population((rated,), Rates(otherwise=ALL, unfollow=0), simulated_account(), 100).funnel(cores=1)

    assert {answer for _, answer in found.answers} == {"1", "2", "3", "4", "5"}


def test_a_run_that_ends_before_its_way_does_is_counted_at_the_step_where_it_was() -> None:
    waits = journey("trigger: {event: follow}\nsteps: [{tag: x}, {wait: 3d}, {tag: y}]", "waits")
    rates = Rates(unfollow=100, unfollow_half_after=3_600)
    found = Population((waits,), rates, simulated_account(), 200).funnel(cores=1)

    assert found.steps["2", Outcome.LEFT] == found.ended[Unfollowed()] == 200


def test_a_step_that_stops_or_has_nothing_to_do_is_reached_as_any_other() -> None:
    text = 'trigger: {event: follow}\nsteps: [{set: {city: "{attribute.town|}"}}, {tag: x}, {stop: over}]'
    found = Population((journey(text, "stops"),), Rates(unfollow=0), simulated_account(), 20).funnel(cores=1)

    assert found.reached == {"1": 20, "2": 20, "3": 20}


def test_about_as_many_do_something_besides_as_the_rates_say_and_nobody_who_has_left() -> None:
    made = journey(
        "trigger: {event: follow}\n"
        "steps: [{wait: {event: payment, within: 3d, otherwise: [{stop: did not buy}]}}, {goal: bought}]"
    )
    pays = ActRate(30, 3_600, body("payment", total=1))

    def lived(rates: Rates) -> Funnel:
        return Population((made,), rates, simulated_account(), 1_000).funnel(cores=1)

    found = lived(Rates(acts=(pays,), unfollow=0))
    left = lived(Rates(acts=(pays,), unfollow=100, unfollow_half_after=1))

    assert 250 < found.ended[GoalReached()] < 350
    assert found.ended[GoalReached()] + found.ended[Stopped("did not buy")] == 1_000
    assert left.ended[GoalReached()] < 10


def test_rates_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rates.yaml"
    path.write_text(
        "answers: {size: {answered: 60%, half_after: 2h, choices: {small: 70%, large: 30%}, tapped: 10%}}\n"
        "otherwise: {answered: 5%}\nunfollow: {percent: 1%, half_after: 3h}\nlanguages: {en: 100%}\n"
        "sources: {article: 100%}\nscenes: {store-1: 100%}\nmembers: 50%\n"
        "dates: {booking: [1, 3]}\n"
        "acts:\n  - {percent: 20%, half_after: 6h, pay: {total: 128000}}\n  - {click: CARE}\n",
        "utf-8",
    )

    assert read_rates(path).value == Rates(
        answers={"size": AnswerRate(60, 7_200, {"small": 70, "large": 30}, 10)},
        otherwise=AnswerRate(answered=5),
        unfollow=1,
        unfollow_half_after=10_800,
        languages={"en": 100},
        sources={"article": 100},
        scenes={"store-1": 100},
        members=50,
        dates={"booking": (1, 3)},
        acts=(
            ActRate(20, 21_600, body("payment", total=128_000)),
            ActRate(100, 43_200, body("click", key="CARE")),
        ),
    )


MISTAKES = {
    "answer: {}\n": "rates has no field `answer`",
    "languages: {en: 60%, zh: 30%}\n": "the shares sum to 90%",
    "languages: {english: 100%}\n": "`english` is not valid in `languages`",
    "unfollow: {percent: few}\n": "`percent` must be a whole percentage",
    "answers: {q: {answered: 155%}}\n": "`answered` is a percentage",
    "acts: [{percent: 3%}]\n": "an act has exactly one action",
    "acts: [{percent: 3%, click: A, view: b}]\n": "an act has exactly one action",
    "acts: [{percent: 3%, unfollow: true}]\n": "an act has no field `unfollow`",
    "members: 101%\n": "`members` is a percentage",
    "dates: {booking: [2]}\n": "`booking` is not a range of days",
    "dates: {booking: [5, 2]}\n": "`booking` is not a range of days",
    "dates: {booking: [soon, 2]}\n": "a day must be a whole number",
    "dates: {booking: 2}\n": "`booking` must be a list, with `- ` before each entry",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items())
def test_a_mistake_in_the_rates_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rates.yaml"
    path.write_text(text, "utf-8")

    reading = read_rates(path)

    assert reading.value is None
    assert message in {mistake.message for mistake in reading.mistakes}


@pytest.mark.parametrize(("rates", "agreed"), [(Rates(), 0), (Rates(consents={"newsletter": 40}), 40)])
def test_nobody_has_agreed_yet_to_what_a_journey_asks_for_unless_rates_say_so(
    rates: Rates, agreed: int
) -> None:
    steps = "steps: [%s{send: {text: news, consent: newsletter}}]"
    asks = journey(f"trigger: {{event: click, key: K}}\n{steps % '{agree: newsletter}, '}")
    does_not_ask = journey(f"trigger: {{event: click, key: K}}\n{steps % ''}")

    assert rates.consents_of(asks) == {"newsletter": agreed}
    assert Rates().consents_of(does_not_ask) == {"newsletter": 100}


@pytest.mark.parametrize(
    "trigger",
    [
        "{event: booking.made}",
        "{event: booking.made, when: {date: booking.time}}",
        "{event: mini_program, name: custom.booked}",
    ],
)
def test_everybody_has_a_booking_whose_time_comes_as_many_days_ahead_as_the_rates_say(trigger: str) -> None:
    reminds = journey(
        f"""
trigger: {trigger}
again: {{per: booking}}
steps:
  - wait:
      {{date: booking.time, before: 1d, within: 60d, otherwise: [{{stop: gone}}], passed: [{{stop: passed}}]}}
  - tag: reminded
"""
    )
    for days, end in ((4, 9), Finished()), ((0, 0), Stopped("passed")), ((70, 80), Stopped("gone")):
        rates = Rates(unfollow=0, dates={"booking.time": days})
        found = Population((reminds,), rates, simulated_account(), 40).funnel(cores=1)
        assert (found.entered, found.ended) == (40, {end: 40})
