"""The known cases of the proof, each as its author would meet it."""

from dataclasses import replace
from pathlib import Path

import pytest

from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, QuietHours, Trigger
from wejourney.messaging.contents import Mass, Menu, MenuItem, Template, Text
from workbench.language.journey import Journey
from workbench.language.reading import read_file
from workbench.language.step_types import (
    Ask,
    Branch,
    Case,
    HandOver,
    Send,
    Set,
    Share,
    Split,
    Step,
    Stop,
    Tag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)
from workbench.proof.prove import MOST_WORK, Violation, prove, violation_text

ROOT = Path(__file__).parents[3]
HOUR = 3600
HI = Text({"any": "hi"})
SEND = Send(HI)
MENU = Menu({"any": "?"}, (MenuItem("yes", {"any": "Yes"}), MenuItem("no", {"any": "No"})))
SILENT = (Stop("no answer"),)
TYPED = Ask("size", 24 * HOUR, unanswered=SILENT)
TAPPED = Ask("size", 24 * HOUR, MENU, {"yes": (), "no": ()}, unanswered=SILENT)


LITTLE_WORK = 1_000
"""Comparisons of two states: a hundredth of a second. If they are too few, the proof rejects everything."""


def violations(
    *steps: Step,
    rules: str = "current",
    trigger: Trigger | None = None,
    quiet: QuietHours | None = None,
    most_work: int = MOST_WORK,
) -> tuple[Violation, ...]:
    made = Journey("made-up", {"any": "T"}, trigger or Trigger("follow"), steps, quiet=quiet)
    return prove(made, RULE_SETS[rules], most_work)


def refused_at(*steps: Step, rules: str = "current", most_work: int = MOST_WORK) -> list[object]:
    return [one.at for one in violations(*steps, rules=rules, most_work=most_work)]


@pytest.mark.parametrize("path", sorted((ROOT / "infra/journeys").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_journeys_of_the_project_fit(path: Path) -> None:
    journey = read_file(path).journey
    assert journey is not None

    assert prove(journey, RULE_SETS["current"], LITTLE_WORK) == ()


def test_a_message_two_hours_after_a_follow_is_refused_before_anybody_publishes_it() -> None:
    # mautic #5605: nobody checked before publishing.
    (violation,) = violations(Wait(2 * HOUR), SEND)

    assert violation.at == ("steps", 1)
    assert violation.confirmed
    assert (
        violation_text(violation)
        == "follow 10:00 → wait 2h → send at 12:00: no allowance: that of a follow ended at 10:01"
    )
    assert violation.rewrite.in_words("en") == (
        "send it within 1m of a follow; or before it, ask something that is answered by typing; "
        "or give it `not_sent` or an `instead` that needs no allowance"
    )


@pytest.mark.parametrize("rules", sorted(RULE_SETS))
def test_six_messages_in_two_days_fit_the_rules_of_2020_alone(rules: str) -> None:
    waits = (Wait(9 * HOUR), Wait(9 * HOUR), Wait(9 * HOUR), Wait(10 * HOUR), Wait(10 * HOUR))
    steps = (SEND, *(step for wait in waits for step in (wait, SEND)))

    assert refused_at(*steps, rules=rules) == ([] if rules == "2020" else [("steps", 2)])


def test_six_messages_fit_the_rules_of_today_when_they_earn_a_reply() -> None:
    earned = (TYPED, *(step for _ in range(5) for step in (SEND, Wait(9 * HOUR))), SEND)
    again = Ask("metal", 24 * HOUR, HI, unanswered=SILENT)

    assert refused_at(*earned) == [("steps", 11)]
    assert refused_at(*earned[:7], again, *earned[7:]) == []


def test_a_follow_allows_three_messages_at_once() -> None:
    assert refused_at(SEND, SEND, SEND) == []
    (violation,) = violations(SEND, SEND, SEND, SEND)
    assert violation.at == ("steps", 3)
    assert violation.reason.in_words("en") == "no allowance: the 3 messages that a follow allows are used"
    assert violation.rewrite.in_words("en").startswith("send at most 3 messages after a follow; or ")


def test_a_typed_answer_allows_five_messages() -> None:
    assert refused_at(TYPED, *[SEND] * 5) == []
    assert refused_at(TYPED, *[SEND] * 6) == [("steps", 6)]
    assert refused_at(TYPED, *[SEND] * 6, rules="2021-06") == []


def test_the_answer_may_be_a_tap_which_allows_a_minute() -> None:
    assert refused_at(TAPPED, SEND, SEND, SEND) == []
    (violation,) = violations(TAPPED, Wait(120), SEND)
    assert "`size` is answered `no` (tapped) at 10:00 on day 2 → wait 2m → send" in violation_text(violation)


def test_an_older_menu_can_still_be_tapped_in_answer_to_a_later_question() -> None:
    phone = Ask("phone", 24 * HOUR, HI, unanswered=SILENT, parse="phone")
    typed = Branch((Case(Condition(answers={"phone": "other"}), SILENT),))

    assert refused_at(TAPPED, phone, Wait(HOUR), SEND) == [("steps", 3)]
    assert refused_at(TAPPED, phone, typed, Wait(HOUR), SEND) == []


@pytest.mark.parametrize(("seconds", "fits"), [(48 * HOUR - 11, True), (48 * HOUR - 10, False)])
def test_a_message_leaves_more_than_ten_seconds_before_its_window_ends(seconds: int, fits: bool) -> None:  # noqa: FBT001
    assert (refused_at(TYPED, Wait(seconds), SEND) == []) is fits


def test_a_message_that_is_too_late_is_told_within_which_time_it_fits() -> None:
    (violation,) = violations(TYPED, SEND, Wait(47 * HOUR), Wait(2 * HOUR), SEND)

    assert violation.rewrite.in_words("en").startswith("send it within 2d of a message; or ")


def test_a_message_that_is_sent_again_when_its_answer_is_lost_counts_twice() -> None:
    # No idempotency key: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
    again = replace(SEND, if_unsure="resend")

    assert refused_at(TYPED, again, SEND, SEND, SEND) == []
    assert refused_at(TYPED, SEND, SEND, SEND, SEND, again) == [("steps", 5)]
    assert refused_at(TYPED, SEND, SEND, SEND, again) == []
    (violation,) = violations(TYPED, again, SEND, SEND, SEND, SEND)
    assert "send again (WeChat's answer is lost)" in violation_text(violation)
    assert violation.confirmed


def test_a_message_that_may_fail_need_not_have_an_allowance() -> None:
    template = Template("id", {"thing1": {"any": "x"}})

    assert refused_at(Wait(HOUR), Send(HI, not_sent=())) == []
    assert refused_at(Wait(HOUR), Send(HI, instead=(Mass({"any": "hi"}),))) == []
    assert refused_at(Wait(HOUR), Send(template)) == []
    assert refused_at(Wait(HOUR), Send(HI, instead=(HI,))) == [("steps", 1)]
    assert refused_at(Wait(HOUR), Ask("size", HOUR, HI, not_sent=())) == []
    assert refused_at(Wait(HOUR), Ask("size", HOUR, HI)) == [("steps", 1)]


def test_what_comes_after_a_message_that_may_fail_is_proved_both_ways() -> None:
    assert refused_at(Wait(HOUR), Send(HI, not_sent=()), SEND) == [("steps", 2)]
    assert refused_at(Wait(HOUR), Send(HI, not_sent=SILENT), SEND) == []
    assert refused_at(Wait(HOUR), Send(HI, not_sent=SILENT), Wait(HOUR), SEND) == [("steps", 3)]
    assert refused_at(Wait(HOUR), Send(HI, not_sent=(SEND,))) == [("steps", 1, "not_sent", 0)]


def test_what_pays_for_a_message_that_need_not_leave_may_be_older_than_the_run() -> None:
    perhaps, paid = Send(HI, not_sent=SILENT), Trigger("payment")

    assert violations(perhaps, SEND, trigger=paid) == ()
    (violation,) = violations(perhaps, Wait(49), SEND, trigger=paid)
    assert violation.at == ("steps", 2)


def test_a_follow_before_the_run_may_pay_for_a_message_that_need_not_leave() -> None:
    perhaps, date = Send(MENU, not_sent=()), WaitDate("booking", 40 * HOUR)

    (violation,) = violations(WaitUntil(9 * 60), perhaps, date, SEND, trigger=Trigger("view"))
    assert violation.at == ("steps", 3)


def test_the_follower_may_answer_before_the_question_as_early_as_what_was_said() -> None:
    listening = Ask("size", HOUR, unanswered=SILENT)

    assert refused_at(listening, Wait(40 * HOUR), SEND) == []
    (violation,) = violations(Wait(24 * HOUR), listening, Wait(40 * HOUR), SEND)
    assert "(typed before it was asked)" in violation_text(violation)


def test_what_was_said_before_a_chat_is_handed_over_answers_no_question_after_it() -> None:
    listening, hand_over = Ask("size", HOUR, unanswered=SILENT), HandOver("stylist", HOUR)

    assert refused_at(Wait(50 * HOUR), hand_over, listening, SEND) == []


def test_a_message_may_be_paid_for_before_the_event_comes_that_a_later_step_takes() -> None:
    scan = WaitEvent(EventPattern("scan"), 24 * HOUR, since="entry", otherwise=SILENT)
    text = Trigger("text", keywords=("hi",))

    assert violations(SEND, SEND, scan, Wait(HOUR), SEND, SEND, SEND, trigger=text) == ()
    (violation,) = violations(SEND, SEND, SEND, scan, Wait(HOUR), SEND, SEND, SEND, trigger=text)
    assert violation.at == ("steps", 7)
    assert violation.confirmed


def test_a_wait_for_a_time_of_day_takes_a_day_and_the_next_one_what_is_between() -> None:
    nine, eleven = WaitUntil(9 * 60), WaitUntil(11 * 60)

    assert refused_at(TYPED, nine, Wait(22 * HOUR), SEND) == []
    assert refused_at(TYPED, nine, Wait(24 * HOUR), SEND) == [("steps", 3)]
    assert refused_at(TYPED, nine, eleven, Wait(20 * HOUR), SEND) == []
    (violation,) = violations(TYPED, nine, eleven, Wait(22 * HOUR), SEND)
    assert violation.begins == 9 * HOUR
    # In a zone that nobody knows, it can be a day again.
    moves = Set({"time_zone": "Europe/Paris"})
    assert refused_at(TYPED, nine, moves, eleven, SEND) == [("steps", 4)]


def test_the_clocks_may_be_put_back_in_a_wait_for_a_time_of_day() -> None:
    (violation,) = violations(TYPED, WaitUntil(9 * 60), Wait(23 * HOUR), SEND)
    assert "wait until 09:00 (meanwhile the clocks are changed) → wait 23h" in violation_text(violation)


def test_the_clocks_may_be_put_forward_over_the_time_that_is_waited_for() -> None:
    two, half_past = WaitUntil(2 * 60), WaitUntil(2 * 60 + 30)

    assert refused_at(TYPED, two, half_past, SEND) == [("steps", 3)]
    assert refused_at(TYPED, two, WaitUntil(4 * 60), SEND) == []
    # In the daytime no clocks are changed.
    assert refused_at(TYPED, WaitUntil(9 * 60), WaitUntil(9 * 60 + 30), SEND) == []


def test_after_months_the_hour_is_not_known_and_the_clocks_may_be_changed_again() -> None:
    ask = Ask("metal", 60, HI, unanswered=SILENT, not_sent=SILENT)
    ten, eleven, day = WaitUntil(10 * 60), WaitUntil(11 * 60), Wait(23 * HOUR)
    months = [Wait(days * 24 * HOUR) for days in (90, 90, 37)]

    assert refused_at(ten, ask, eleven, day, SEND) == []
    # In March they are put forward, in October back: it is eleven when `metal` is asked.
    assert refused_at(ten, *months, ask, eleven, day, SEND) == [("steps", 7)]


def test_in_another_zone_the_clocks_may_be_changed_again() -> None:
    # 2026-04-04 in Auckland, 2026-04-05 in Santiago.
    moves, quiet, text = Set({"time_zone": "America/Santiago"}), QuietHours(0, 4 * 60), Trigger("text")
    steps = (Wait(60), moves, WaitUntil(13 * 60))

    assert violations(*steps, Wait(17 * HOUR), SEND, trigger=text, quiet=quiet) == ()
    (violation,) = violations(*steps, Wait(18 * HOUR), SEND, trigger=text, quiet=quiet)
    assert violation_text(violation).count("(meanwhile the clocks are changed)") == 2


def heard(name: str, within: int = 60) -> Ask:
    """A question that opens an allowance when it is answered, and ends the run when it is not."""
    return Ask(name, within, HI, unanswered=SILENT, not_sent=SILENT)


SUNDAY, TUESDAY = 6, 1
NEARLY_TUESDAY_NIGHT = (WaitUntil(0), heard("metal"), WaitUntil(23 * 60, TUESDAY), Wait(2 * HOUR), SEND)


@pytest.mark.parametrize(
    "steps",
    [
        (TYPED, WaitUntil(540, weekday=0), SEND),
        # Whatever day is known.
        (WaitUntil(600, weekday=5), heard("size", HOUR), WaitUntil(600, SUNDAY), SEND),
        (WaitUntil(22 * 60 + 30, SUNDAY), heard("size", 2 * HOUR), *NEARLY_TUESDAY_NIGHT),
        # At half past midnight on Monday it is half past eleven on Sunday, on 2026-11-01 in New York.
        (WaitUntil(30, SUNDAY), Wait(24 * HOUR), *NEARLY_TUESDAY_NIGHT),
        (WaitUntil(30, SUNDAY), Wait(24 * HOUR), heard("size", 12 * HOUR), *NEARLY_TUESDAY_NIGHT),
        # At half past eleven on Sunday it is half past midnight on Monday, on 2027-03-14 in New York.
        (WaitUntil(30, SUNDAY), Wait(23 * HOUR), WaitUntil(0), heard("metal"), WaitUntil(23 * 60, 0), SEND),
    ],
)
def test_a_wait_for_a_weekday_takes_a_week(steps: tuple[Step, ...]) -> None:
    assert refused_at(*steps) == [("steps", len(steps) - 1)]


def test_a_second_weekday_that_would_have_come_sooner_is_not_confirmed() -> None:
    saturday, sunday = WaitUntil(600, weekday=5), WaitUntil(600, SUNDAY)

    (violation,) = violations(saturday, Wait(HOUR), sunday, SEND)
    assert not violation.confirmed
    (violation,) = violations(saturday, Wait(HOUR), saturday, SEND)
    assert violation.confirmed


def test_the_clocks_may_be_put_back_in_the_quiet_hours_of_who_answers_sooner() -> None:
    # Who is there at one, on 2026-11-01 in New York, waits for four hours until it is four.
    steps = (WaitUntil(4 * 60), heard("size", 12 * HOUR), Wait(3 * HOUR), heard("metal"), Wait(12 * HOUR))
    late, quiet = Wait(15 * HOUR), QuietHours(60, 4 * 60)

    assert violations(*steps, late, Wait(16 * HOUR), SEND, quiet=quiet) == ()
    assert len(violations(*steps, late, Wait(17 * HOUR), SEND, quiet=quiet)) == 1
    assert violations(*steps, late, Wait(17 * HOUR), SEND) == ()


def test_the_clocks_may_be_put_back_to_before_the_quiet_hours_that_it_is_in() -> None:
    # At one o'clock it is midnight again, on 2026-11-01 in Havana.
    steps = (WaitUntil(60), Wait(24 * HOUR + 1800), heard("size"), WaitUntil(23 * 60 + 30), Wait(25 * HOUR))

    assert len(violations(*steps, SEND, quiet=QuietHours(60, 75))) == 1


def test_half_an_hour_puts_a_wait_back_into_quiet_hours_that_are_shorter_than_an_hour() -> None:
    # On Lord Howe Island it is ten past two instead of twenty to three, on 2026-04-05.
    steps = (WaitUntil(12 * 60), heard("size"), Wait(14 * HOUR + 40 * 60))
    rest = 48 * HOUR - 14 * HOUR - 50 * 60

    assert violations(*steps, Wait(rest - 31 * 60), SEND, quiet=QuietHours(120, 150)) == ()
    (violation,) = violations(*steps, Wait(rest), SEND, quiet=QuietHours(120, 150))
    assert "quiet hours end (meanwhile the clocks are changed)" in violation_text(violation)


def test_a_message_that_need_not_leave_may_take_the_last_one_of_an_allowance_that_lasts_still() -> None:
    # The date may come at once, while the allowance of the text still has a message: then the next has none.
    perhaps, date = Send(HI, not_sent=SILENT), WaitDate("booking", 30 * 24 * HOUR, otherwise=SILENT)
    text = Trigger("text", keywords=("hi",))

    assert violations(*[SEND] * 3, date, perhaps, SEND, trigger=text) == ()
    (violation,) = violations(*[SEND] * 4, date, perhaps, SEND, trigger=text)
    assert violation.confirmed
    # A tap allows three more; after a minute only the one of the text is left.
    click = WaitEvent(EventPattern("click"), 24 * HOUR, otherwise=SILENT)
    date = WaitDate("booking", 24 * HOUR, otherwise=SILENT)
    assert violations(*[SEND] * 4, click, date, perhaps, SEND, trigger=text) != ()
    assert violations(*[SEND] * 3, click, date, perhaps, SEND, trigger=text) == ()


def test_who_answers_sooner_waits_longer_for_the_hour() -> None:
    nine, ask = WaitUntil(9 * 60), Ask("metal", 12 * HOUR, HI, unanswered=SILENT)
    eight = WaitUntil(20 * 60)

    # At nine they are asked; who answers at once waits for eleven hours, nobody for twelve.
    assert refused_at(TYPED, nine, ask, eight, Wait(47 * HOUR - 11 * HOUR), SEND) == [("steps", 5)]
    short = Ask("metal", 9 * HOUR, HI, unanswered=SILENT)
    assert refused_at(TYPED, nine, short, eight, Wait(35 * HOUR), SEND) == []
    assert refused_at(TYPED, nine, short, eight, Wait(37 * HOUR), SEND) == [("steps", 5)]


def test_quiet_hours_delay_what_comes_after_a_wait() -> None:
    quiet = QuietHours(22 * 60, 8 * 60)

    assert violations(TYPED, Wait(40 * HOUR), SEND) == ()
    (violation,) = violations(TYPED, Wait(40 * HOUR), SEND, quiet=quiet)
    assert "wait 1d 16h → quiet hours end → send at 08:00" in violation_text(violation)
    assert violations(TYPED, Wait(36 * HOUR), SEND, quiet=quiet) == ()


def test_an_event_opens_what_its_kind_opens() -> None:
    def wait(event: EventPattern) -> WaitEvent:
        return WaitEvent(event, 24 * HOUR, otherwise=SILENT)

    assert refused_at(wait(EventPattern("scan")), SEND, SEND, SEND) == []
    assert refused_at(wait(EventPattern("scan")), Wait(HOUR), SEND) == [("steps", 2)]
    assert refused_at(wait(EventPattern("image")), Wait(40 * HOUR), SEND) == []
    assert refused_at(wait(EventPattern("payment")), SEND) == [("steps", 1)]
    assert refused_at(wait(EventPattern("payment")), Wait(40 * HOUR), SEND, rules="2021-06") == []
    assert refused_at(HandOver("stylist", 2 * HOUR), SEND) == [("steps", 1)]


@pytest.mark.parametrize(
    ("event", "fits"), [("follow", True), ("text", True), ("voice", True), ("view", False), ("tag", False)]
)
def test_a_journey_begins_with_what_its_trigger_opened(event: str, fits: bool) -> None:  # noqa: FBT001
    trigger = Trigger(event)
    assert (violations(SEND, trigger=trigger) == ()) is fits


def test_a_date_comes_as_late_as_its_limit() -> None:
    assert refused_at(TYPED, WaitDate("booking", 40 * HOUR, otherwise=SILENT), SEND) == []
    assert refused_at(TYPED, WaitDate("booking", 50 * HOUR, otherwise=SILENT), SEND) == [("steps", 2)]


def test_what_a_branch_found_stays_so_until_the_run_waits() -> None:
    vip, other = Condition(tags=("vip",)), Condition(without_tags=("vip",))
    some, rest = Branch((Case(vip, (SEND, SEND)),)), Branch((Case(other, (SEND, SEND)),))

    assert refused_at(some, rest) == []
    assert refused_at(some, Wait(5), rest) == [("steps", 2, "cases", 0, "steps", 1)]
    assert refused_at(Tag(("vip",)), Branch((Case(other, (SEND,) * 4),))) == []


def test_a_fact_that_matters_no_more_rules_out_nothing() -> None:
    narrow, wide = Condition(scene="store-12"), Condition(scene="store-*")
    first = Branch(
        (
            Case(
                Condition(
                    any=(
                        replace(narrow, tags=("a",)),
                        Condition(without_tags=("a",), none=narrow),
                    )
                ),
                (Tag(("z",)),),
            ),
        )
    )

    assert refused_at(first, Branch((Case(wide, (Tag(("z",)),)),), (SEND,) * 4)) == [
        ("steps", 1, "otherwise", 3)
    ]


@pytest.mark.parametrize(
    ("first", "then", "fits"),
    [
        ("store-*", "store-12", True),
        ("store-12", "store-*", False),
        ("store-*", "shop-*", False),
        ("*-12", "*-13", False),
        ("store-*", "*-12", False),
    ],
)
def test_who_fits_no_pattern_of_a_scene_fits_no_narrower_one(first: str, then: str, fits: bool) -> None:  # noqa: FBT001
    fast = Branch((Case(Condition(scene=first), (Stop("here"),)),), (Wait(30),))

    assert (refused_at(fast, Branch((Case(Condition(scene=then), (Wait(HOUR), SEND)),))) == []) is fits


@pytest.mark.parametrize(
    ("scene", "other", "fits"),
    [("store-*", "shop-*", True), ("a*-1", "b*", True), ("*-1", "*-2", True), ("store-*", "*-12", False)],
)
def test_no_scene_fits_two_patterns_that_differ_where_they_are_fixed(
    scene: str,
    other: str,
    fits: bool,  # noqa: FBT001
) -> None:
    from_there = Trigger("follow", scene=scene)
    late = Branch((Case(Condition(scene=other), (Wait(HOUR), SEND)),))

    assert (violations(late, trigger=from_there) == ()) is fits


@pytest.mark.parametrize("scope", ["run", "ever"])
def test_what_was_typed_has_been_said(scope: str) -> None:
    said = Condition(events=(EventCount(EventPattern("text", keywords=("*",)), scope=scope),))

    asked = Ask("size", 24 * HOUR, HI, unanswered=SILENT)

    assert refused_at(asked, Branch((Case(said, ()),), (Wait(60 * HOUR), SEND))) == []


def test_what_a_run_begins_with_has_happened() -> None:
    hi = Trigger("text", keywords=("hi",))
    said, twice = (Condition(events=(EventCount(EventPattern("text", keywords=("hi",)), n),)) for n in (1, 2))
    late = (Wait(60 * HOUR), SEND)

    assert violations(Branch((Case(said, ()),), late), trigger=hi) == ()
    assert len(violations(Branch((Case(twice, ()),), late), trigger=hi)) == 1


def test_a_branch_on_an_answer_knows_the_answer() -> None:
    ask = Ask("size", HOUR, choices={"s": (), "m": ()}, unanswered=SILENT)
    small = Branch((Case(Condition(answers={"size": "s"}), (SEND,) * 3),))
    medium = Branch((Case(Condition(answers={"size": "m"}), (SEND,) * 3),))

    assert refused_at(ask, small, medium) == []
    assert refused_at(ask, small, small) == [("steps", 2, "cases", 0, "steps", 2)]


def test_the_same_split_goes_the_same_way() -> None:
    split = Split("teaser", (Share(50, (SEND, SEND)), Share(50)))
    other = Split("teaser", (Share(50), Share(50, (SEND, SEND))))

    assert refused_at(split, other, SEND) == []
    assert refused_at(split, split) == [("steps", 1, "shares", 0, "steps", 1)]


def test_many_branches_are_proved_with_little_work() -> None:
    def branch(number: int) -> Branch:
        case = Case(Condition(tags=(f"t{number}",)), (Wait(HOUR), Send(HI, not_sent=())))
        return Branch((case,), (Tag(("seen",)),))

    steps = (TYPED, *(step for number in range(8) for step in (branch(number), Tag(("x",)), Wait(60))), SEND)

    (violation,) = violations(*steps, most_work=10 * LITTLE_WORK)
    assert violation.confirmed


NUMBER = Ask("size", HOUR, unanswered=SILENT, parse="number")
IS_OTHER = Branch((Case(Condition(answers={"size": "other"}), SILENT),))


def menu_saying(label: str) -> Menu:
    return Menu({"any": "?"}, (MenuItem("five", {"any": label}),))


@pytest.mark.parametrize(("label", "fits"), [("five", True), ("5", False), ("{attribute.size|five}", False)])
def test_a_line_with_a_merge_field_may_say_anything_when_it_is_tapped(label: str, fits: bool) -> None:  # noqa: FBT001
    steps = (Send(menu_saying(label), not_sent=()), NUMBER, IS_OTHER, Wait(2 * HOUR), SEND)

    assert refused_at(*steps) == ([] if fits else [("steps", 4)])


def test_a_line_that_is_a_choice_is_that_choice_whatever_it_says() -> None:
    shown = Send(menu_saying("{attribute.size|five}"), not_sent=())
    ask = Ask("size", HOUR, choices={"five": (), "six": ()}, unanswered=SILENT)
    five, six = (Branch((Case(Condition(answers={"size": one}), SILENT),)) for one in ("five", "six"))

    assert refused_at(shown, ask, five, Wait(2 * HOUR), SEND) == []
    assert refused_at(shown, ask, six, Wait(2 * HOUR), SEND) == [("steps", 4)]


@pytest.mark.parametrize(("label", "fits"), [("no", True), ("{attribute.size|no}", False)])
def test_a_line_with_a_merge_field_may_be_the_word_that_is_waited_for(label: str, fits: bool) -> None:  # noqa: FBT001
    word = WaitEvent(EventPattern("text", keywords=("yes",)), HOUR, otherwise=SILENT)
    steps = (Send(menu_saying(label), not_sent=()), word, Wait(2 * HOUR), SEND)

    assert refused_at(*steps) == ([] if fits else [("steps", 3)])


def test_a_menu_that_is_sent_instead_can_be_tapped() -> None:
    listening = Ask("size", HOUR, unanswered=SILENT)

    assert refused_at(Send(HI, instead=(HI,)), listening, Wait(2 * HOUR), SEND) == []
    assert refused_at(Send(HI, instead=(HI, MENU)), listening, Wait(2 * HOUR), SEND) == [("steps", 3)]


BY_ANOTHER_CHANNEL = Send(Mass({"any": "hi"}))


def looking_at(*tags: str) -> tuple[Step, ...]:
    return tuple(Branch((Case(Condition(tags=(tag,)), (Tag((f"was-{tag}",)),)),)) for tag in tags)


def test_what_makes_no_difference_is_not_kept_apart() -> None:
    tags = tuple(f"t{number}" for number in range(40))
    steps = (*looking_at(*tags), *looking_at(*tags), *[SEND] * 4)

    assert refused_at(*steps, most_work=LITTLE_WORK) == [("steps", 83)]


@pytest.mark.parametrize(
    ("found", "way"),
    [
        (Condition(tags=("a",)), 0),
        (Condition(tags=("b",), without_tags=("a",)), 1),
        (Condition(without_tags=("a", "b")), 2),
    ],
)
def test_what_is_put_together_is_told_apart_in_the_behaviour(found: Condition, way: int) -> None:
    first = Branch(tuple(Case(Condition(tags=(tag,)), (BY_ANOTHER_CHANNEL,)) for tag in "ab"))
    second = Branch((Case(found, (SEND,) * 4),))

    (violation,) = violations(first, second)
    assert [one.way for one in violation.behaviour if one.kind == "case"] == [way, 0]


def test_an_answer_that_is_put_together_with_another_is_the_one_that_the_rest_needs() -> None:
    ask = Ask("size", HOUR, choices={"s": (), "m": (), "l": ()}, unanswered=SILENT)
    sizes = [Condition(answers={"size": size}) for size in ("s", "m", "l")]
    cases = Branch(tuple(Case(size, (BY_ANOTHER_CHANNEL,)) for size in sizes))
    medium = Branch((Case(Condition(answers={"size": "m"}), (SEND,) * 6),))

    (violation,) = violations(ask, cases, medium)
    assert [one.answer for one in violation.behaviour if one.kind == "answer"] == ["m"]
    assert [one.way for one in violation.behaviour if one.kind == "case"] == [1, 0]


def test_an_answer_that_makes_no_difference_is_still_one_that_leads_where_the_behaviour_goes() -> None:
    ask = Ask("size", HOUR, choices={"s": (), "m": (), "l": ()}, unanswered=SILENT)
    small = Branch(
        (Case(Condition(answers={"size": "s"}), ()), Case(Condition(answers={"size": "m"}), ())), SILENT
    )
    looked_at_later = Branch((Case(Condition(answers={"size": "m"}), ()),))

    (violation,) = violations(ask, small, *[SEND] * 6, looked_at_later)
    (answer,) = [one.answer for one in violation.behaviour if one.kind == "answer"]
    (way,) = [one.way for one in violation.behaviour if one.kind == "case"]
    assert (answer, way) in [("s", 0), ("m", 1)]


def test_cases_that_no_later_step_looks_at_are_forgotten_one_by_one() -> None:
    cases = tuple(Case(Condition(tags=(f"a{n}", f"b{n}")), (Tag(("seen",)),)) for n in range(30))

    assert refused_at(Branch(cases), *[SEND] * 3, most_work=LITTLE_WORK) == []


def test_a_journey_with_too_many_paths_is_rejected_with_clear_words() -> None:
    (violation,) = prove(Journey("j", {"any": "J"}, Trigger("follow"), (SEND, SEND)), RULE_SETS["current"], 1)

    assert violation_text(violation) == "this journey has too many paths to be proved"


def test_where_paths_are_too_many_the_less_exact_proof_still_decides() -> None:
    tags = tuple(f"t{number}" for number in range(40))
    sends = tuple(
        Branch((Case(Condition(tags=(tag,)), (Send(HI, not_sent=()), Set({tag: "x"}))),)) for tag in tags
    )
    asked = Ask("last", HOUR, HI, not_sent=SILENT, unanswered=SILENT)

    assert violations(*sends, *reversed(sends), asked, SEND, most_work=MOST_WORK // 2) == ()
    (violation,) = violations(*sends, *reversed(sends), SEND, most_work=MOST_WORK // 2)
    assert violation.behaviour
