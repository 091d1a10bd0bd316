"""The task of a journey against a real table: every message, tag and point once, every refusal on record."""

import json
from dataclasses import replace

import pytest

from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.world import LISTEN, QUESTION, World, person_of, send
from wejourney import errors
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.allowances.wechat_rules import Act
from wejourney.events.event_types import PointsChanged
from wejourney.events.positions import Position
from wejourney.journeys.action_types import (
    Action,
    AwardAction,
    CloseAction,
    ConsentAction,
    CouponAction,
    SendAction,
    SetAction,
    TagAction,
)
from wejourney.journeys.runs import LiveRun, Run
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.messaging.contents import Text
from wejourney.messaging.sending import BUSY_ATTEMPTS, PAUSED_ATTEMPTS, QUOTA_ATTEMPTS, counted_as
from wejourney.messaging.wechat_errors import CODES
from wejourney.people.contacts import Contact
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.reasons import Finished, NoAllowance, NoAnswer, RefusedByWeChat, SenderInterrupted
from workbench.operations.timeline import timeline_of

PRIVATE_MEMBERS = ProfileModel(
    private=frozenset({"given_name"}), private_purpose="personal", membership="membership"
)

# --- people with several contacts ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        send(),
        QUESTION,
        LISTEN,
        TagAction("2", add=("a",)),
        SetAction("2", values={"city": "Paris"}),
        AwardAction("2", 10, "x"),
        ConsentAction("2", "newsletter", given=True),
    ],
    ids=["send", "ask", "listen", "tag", "set", "award", "consent"],
)
def test_no_step_takes_a_contact_from_a_person_whose_other_contacts_do_not_travel(
    world: World, action: Action
) -> None:
    before = world.follower()
    other = Contact("wxminiprogram", "mFollower", contact_id="other")
    world.followers.save(before, before.joined_by(other).changed())
    both = world.follower().contacts
    travelled = Run.from_dict(json.loads(json.dumps(world.run().to_dict())))

    world.perform(travelled, action, token="t-1")

    assert len(both) == 2
    assert [contact.subject for contact in world.follower().contacts] == [one.subject for one in both]


# --- changes that a message is written with -----------------------------------------------------------


@pytest.mark.parametrize(
    "between",
    [
        TagAction("3", add=("b",)),
        SetAction("3", values={"city": "Paris"}),
        SetAction("3", values={"given_name": "Li"}),
        AwardAction("3", 10, "x"),
        ConsentAction("3", "newsletter", given=True),
        CouponAction("3", "thanks", CouponTerms(Discount(percent=10), 7), "Asia/Shanghai"),
    ],
    ids=["tag", "set", "set private", "award", "consent", "coupon"],
)
@pytest.mark.parametrize("profile", [ANY_PROFILE, PRIVATE_MEMBERS], ids=["plain", "private, with members"])
def test_a_change_is_written_with_its_message_whatever_stands_between_them(
    world: World, profile: ProfileModel, between: Action
) -> None:
    world.people_rules = PeopleRules(profile)

    world.perform(world.run(), TagAction("2", add=("a",)), between, send("4"))

    assert world.wechat.taken == ["message 4"]
    assert "a" in world.follower().tags


# --- sending ------------------------------------------------------------------------------------------


def test_a_message_takes_its_allowance_and_is_on_the_timeline(world: World) -> None:
    run = world.perform(world.run(), send())

    assert world.wechat.taken == ["message 1"]
    assert world.messages() == [("1", "sent", None)]
    assert [(w.act, w.left) for w in world.follower().windows if w.act is Act.MESSAGE] == [(Act.MESSAGE, 4)]
    assert run.follower == world.follower()


def test_a_repeated_task_sends_nothing_twice(world: World) -> None:
    run = world.run()
    world.perform(run, send("1"), TagAction("2", add=("a",)), AwardAction("3", 10, "x"), send("4"))
    world.perform(run, send("1"), TagAction("2", add=("a",)), AwardAction("3", 10, "x"), send("4"))

    assert world.wechat.taken == ["message 1", "message 4"]
    assert world.ledger.books(run.follower.person_id).available == 10
    assert world.follower().tags == {"a"}
    assert [w.left for w in world.follower().windows if w.act is Act.MESSAGE] == [3]


def test_a_stale_task_reloads_the_follower_and_decides_again(world: World) -> None:
    run = world.run()
    world.says(after_minutes=2, Content="one more thing")

    world.perform(run, send())

    assert world.wechat.taken == ["message 1"]


def test_the_sixth_message_after_an_act_is_never_attempted(world: World) -> None:
    """5 in 48 hours: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage"""
    world.clock.pass_(minutes=5)
    world.perform(world.run(), *(send(str(number)) for number in range(1, 7)))

    assert world.wechat.taken == [f"message {number}" for number in range(1, 6)]
    step, status, reason = world.messages()[-1]
    assert (step, status) == ("6", "not_sent")
    assert isinstance(reason, NoAllowance)
    assert [window.left for window in reason.windows or ()] == [0]


def test_before_refusing_the_sender_looks_whether_the_follower_has_written_meanwhile(world: World) -> None:
    run = world.run()
    spent = replace(run, follower=replace(run.follower, windows=()))

    world.perform(spent, send())

    assert world.wechat.taken == ["message 1"]


def test_nothing_is_sent_after_48_hours(world: World) -> None:
    world.clock.pass_(hours=48)
    world.perform(world.run(), send())

    assert world.wechat.calls == []
    assert world.messages()[0][1] == "not_sent"


def test_a_step_with_a_fallback_raises_message_not_sent(world: World) -> None:
    world.clock.pass_(hours=48)
    with pytest.raises(errors.MessageNotSentError) as caught:
        world.perform(world.run(), send(must=True))
    assert str(caught.value).startswith("1: ")

    with pytest.raises(errors.MessageNotSentError):
        world.perform(world.run(), send(must=True))


# --- WeChat's answers, a class each -------------------------------------------------------------------


def test_busy_is_retried_and_then_sent_once(world: World) -> None:
    world.wechat.failures = [errors.WeChatBusyError(-1, "system busy")]
    run = world.run()
    with pytest.raises(errors.WeChatBusyError):
        world.perform(run, send())
    assert world.messages()[0][1] == "waiting"

    world.perform(run, send())

    assert world.messages() == [("1", "sent", RefusedByWeChat("WeChatBusy", "-1: system busy"))]
    assert world.wechat.taken == ["message 1"]
    assert [w.left for w in world.follower().windows if w.act is Act.MESSAGE] == [4]


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (errors.WeChatBusyError(-1, "system busy"), BUSY_ATTEMPTS),
        (errors.DailyQuotaSpentError(45009, "reach max api daily quota limit"), QUOTA_ATTEMPTS),
        (errors.AccountPausedError(40001, "invalid credential"), PAUSED_ATTEMPTS),
    ],
)
def test_when_the_attempts_are_used_up_the_run_goes_on_with_the_reason(
    world: World, error: errors.WeChatError, attempts: int
) -> None:
    world.wechat.failures = [error] * attempts
    run = world.run()
    for _ in range(attempts - 1):
        with pytest.raises(type(error)):
            world.perform(run, send(), send("2"))
    world.perform(run, send(), send("2"))

    (_, first, reason), (_, second, _) = sorted(world.messages())
    assert (first, second) == ("not_sent", "sent")
    assert isinstance(reason, RefusedByWeChat)
    assert error.errmsg in reason.text
    assert [w.left for w in world.follower().windows if w.act is Act.MESSAGE] == [4], "given back"


def test_a_window_that_wechat_says_is_closed_is_closed(world: World) -> None:
    world.wechat.failures = [errors.WindowClosedError(45047, "out of response count limit")]
    run = world.perform(world.run(), send("1"), send("2"))

    assert len(world.wechat.calls) == 1
    assert run.follower.windows == ()
    assert [status for _, status, _ in world.messages()] == ["not_sent", "not_sent"]


def test_an_unreachable_follower_is_marked_and_not_called_again_until_the_next_act(world: World) -> None:
    world.wechat.failures = [errors.FollowerUnreachableError(43019, "require remove blacklist")]
    world.perform(world.run(), send("1"), send("2"))
    assert len(world.wechat.calls) == 1
    assert world.follower().unreachable == 43019

    world.says(after_minutes=5, Content="I am back")
    world.clock.pass_(minutes=10)
    world.perform(world.run(), send("3"))

    assert world.wechat.taken == ["message 3"]


@pytest.mark.parametrize(
    "error",
    [
        errors.ContentRejectedError(40007, "invalid media_id"),
        errors.AccountMisconfiguredError(48001, "api unauthorized"),
    ],
)
def test_a_refused_content_or_account_is_counted_for_the_alarm_and_the_run_goes_on(
    world: World, error: errors.WeChatError
) -> None:
    world.wechat.failures = [error]
    world.perform(world.run(), send("1"), send("2"))

    assert world.wechat.taken == ["message 2"]
    assert world.meter.counts[f"SendsRefused.{type(error).__name__}"] == 1
    name = type(error).__name__.removesuffix("Error")
    assert world.messages()[0][2] == RefusedByWeChat(name, error.verbatim)


REFUSALS = dict.fromkeys(code.error for code in CODES.values())


@pytest.mark.parametrize("error", [*REFUSALS, errors.UnrecognisedRefusalError, errors.AccountPausedError])
@pytest.mark.parametrize("must", [False, True])
def test_wechats_error_text_is_stored_only_in_the_followers_rows(
    world: World, error: type[errors.WeChatError], *, must: bool
) -> None:
    """Its text may quote an openid; a run's data and the text of an error stay in Step Functions."""
    secret = "openid oSecret000 rid: 6745f0a1-0a1b2c3d-4e5f6071"
    run = world.run()
    for _ in range(30):
        world.wechat.failures = [error(1, secret)]
        try:
            run = world.perform(run, send(must=must))
        except errors.WejourneyError as raised:
            told = str(raised)
            assert "oSecret" not in told
            if isinstance(raised, errors.MessageNotSentError):
                break
        else:
            break
    assert "oSecret" not in json.dumps(run.to_dict())
    assert "oSecret" not in str(world.follower())
    (_, _, reason), *_ = world.messages()
    assert isinstance(reason, RefusedByWeChat)
    assert "oSecret" in reason.text
    assert world.meter.counts[f"SendsRefused.{counted_as(error(1))}"] >= 1


def test_a_paused_account_is_counted_as_a_misconfigured_one(world: World) -> None:
    world.wechat.failures = [errors.AccountPausedError(40001)]
    with pytest.raises(errors.AccountPausedError):
        world.perform(world.run(), send())
    assert world.meter.counts["SendsRefused.AccountMisconfiguredError"] == 1


def test_an_unknown_outcome_is_not_sent_again(world: World) -> None:
    world.wechat.failures = [errors.SendOutcomeUnknownError("ReadTimeout")]
    run = world.run()
    world.perform(run, send())
    world.perform(run, send())

    assert len(world.wechat.calls) == 1
    assert world.messages() == [("1", "unknown", NoAnswer("ReadTimeout"))]


def test_an_unknown_outcome_is_sent_again_where_the_step_says_so(world: World) -> None:
    world.wechat.failures = [errors.SendOutcomeUnknownError("ReadTimeout")]
    run = world.run()
    with pytest.raises(errors.WeChatBusyError):
        world.perform(run, send(resend=True))
    world.perform(run, send(resend=True))

    assert world.wechat.taken == ["message 1"]


class Killed(BaseException):
    """The worker is gone in the middle of a line."""


@pytest.mark.parametrize("resend", [False, True])
def test_a_worker_killed_during_the_call_leaves_what_the_step_declares(world: World, *, resend: bool) -> None:
    world.wechat.failures = [Killed()]
    run = world.run()
    with pytest.raises(Killed):
        world.perform(run, send(resend=resend), send("2"))

    world.perform(run, send(resend=resend), send("2"))

    if resend:
        assert world.wechat.taken == ["message 1", "message 2"]
    else:
        assert world.wechat.taken == ["message 2"]
        assert world.messages()[0] == ("1", "unknown", SenderInterrupted())


# --- tags, points, the end ----------------------------------------------------------------------------


def test_tags_are_put_on_and_taken_off_and_are_on_the_timeline(world: World) -> None:
    world.perform(world.run(), TagAction("1", add=("a", "b")))
    run = world.perform(world.run(), TagAction("2", add=("c",), remove=("a",)))

    assert run.follower.tags == world.follower().tags == {"b", "c"}
    changes = [e for e in timeline_of(world.followers, APP_ID, OPENID) if e["kind"] == "change"]
    assert [(e.get("added"), e.get("removed")) for e in changes] == [(["a", "b"], None), (["c"], ["a"])]


def test_a_task_without_actions_reads_the_follower_anew(world: World) -> None:
    stale = world.run()
    world.perform(stale, TagAction("1", add=("a",)))

    assert world.perform(stale).follower.tags == {"a"}


def test_a_run_whose_follower_was_erased_ends(world: World) -> None:
    run = world.run()
    world.hears("unsubscribe", after_minutes=3)

    for actions in ((send(),), (TagAction("1", add=("a",)),), (QUESTION,), (LISTEN,), ()):
        with pytest.raises(errors.FollowerGoneError):
            world.perform(run, *actions, token="t")
    assert world.wechat.calls == []
    assert timeline_of(world.followers, APP_ID, OPENID) == []


# --- changes that are written with a message ------------------------------------------------------------

CHANGES = (TagAction("0", add=("a",)), AwardAction("0.3", 5, "x"), SetAction("0.5", {"city": "Paris"}))


def changes(world: World) -> list[tuple[str, object]]:
    """What is on record as changed: the step, and what it added, set or awarded."""
    timeline = timeline_of(world.followers, APP_ID, OPENID)
    found = [entry for entry in timeline if entry["kind"] == "change"]
    posted = sum(moved.amount for moved in world.ledger.newest(world.follower().person_id))
    assert world.follower().points == posted == 5 * bool(found)
    return [(one["step"], one.get("added") or one.get("values") or one.get("points")) for one in found]


CHANGED = [("0", ["a"]), ("0.3", 5), ("0.5", {"city": "Paris"})]


def told(world: World) -> list[str]:
    """The events of our own that were published, each once however often it was told."""
    return list({event.id: event.kind for event in world.announcements.told}.values())


@pytest.fixture
def heard(world: World) -> World:
    """A world in which a journey reacts to changes of profiles and points."""
    world.subscribed_kinds = frozenset({"tag", "points", "profile"})
    return world


def test_a_message_speaks_of_the_profile_as_the_changes_before_it_leave_it(heard: World) -> None:
    greeting = SendAction("1", Text(text={"any": "{attribute.city}"}))
    run = heard.perform(heard.run(), *CHANGES, greeting)

    assert [content["text"] for _, content in heard.wechat.arrived] == ["Paris"]
    assert run.follower == heard.follower()
    assert (changes(heard), told(heard)) == (CHANGED, ["tag", "points", "profile"])


def test_a_change_is_made_also_when_its_message_has_no_allowance(heard: World) -> None:
    heard.clock.pass_(hours=48)
    run = heard.perform(heard.run(), *CHANGES, send())

    assert [status for _, status, _ in heard.messages()] == ["not_sent"]
    assert run.follower == heard.follower()
    assert (changes(heard), told(heard)) == (CHANGED, ["tag", "points", "profile"])


def test_a_change_is_made_also_when_its_message_is_not_sent_and_the_step_falls_back(heard: World) -> None:
    heard.wechat.failures = [errors.ContentRejectedError(45002, "content size out of limit")]
    for _ in range(2):
        with pytest.raises(errors.MessageNotSentError):
            heard.perform(heard.run(), *CHANGES, send(must=True))

    assert heard.follower().tags == {"a"}
    assert (changes(heard), told(heard)) == (CHANGED, ["tag", "points", "profile"])


def test_a_change_is_made_and_told_before_its_message_is_tried_again(heard: World) -> None:
    heard.wechat.failures = [errors.WeChatBusyError(-1, "system busy")]
    run = heard.run()
    with pytest.raises(errors.WeChatBusyError):
        heard.perform(run, *CHANGES, send())
    assert (changes(heard), told(heard)) == (CHANGED, ["tag", "points", "profile"])
    follower = heard.follower()
    heard.followers.save(follower, follower.tagged(remove=["a"]))

    run = heard.perform(run, *CHANGES, send())

    assert heard.wechat.taken == ["message 1"]
    assert run.follower.tags == heard.follower().tags == frozenset(), "made once"
    assert (changes(heard), told(heard)) == (CHANGED, ["tag", "points", "profile"])


def test_a_change_is_made_again_on_the_follower_as_they_are_when_they_changed_meanwhile(
    heard: World,
) -> None:
    run = heard.run()
    heard.followers.save(run.follower, run.follower.tagged(["a", "b"]))

    run = heard.perform(run, *CHANGES, send())

    assert run.follower.tags == heard.follower().tags == {"a", "b"}
    assert changes(heard) == CHANGED[1:], "the tag was there"


def test_a_change_before_a_question_is_written_with_it_and_one_without_a_message_alone(heard: World) -> None:
    heard.perform(heard.run(), *CHANGES, QUESTION, token="t-1")
    heard.says(after_minutes=10, Content="2")
    heard.perform(heard.run(), TagAction("7", add=("b",)), LISTEN, token="t-2")

    assert heard.follower().tags == {"a", "b"}
    assert changes(heard) == [*CHANGED, ("7", ["b"])]


def test_a_worker_killed_during_the_call_has_made_the_changes_and_the_next_tells_of_them(
    heard: World,
) -> None:
    heard.wechat.failures = [Killed()]
    with pytest.raises(Killed):
        heard.perform(heard.run(), *CHANGES, send())
    heard.announcements.told.clear()

    heard.perform(heard.run(), *CHANGES, send())

    assert heard.messages() == [("1", "unknown", SenderInterrupted())]
    assert (changes(heard), told(heard)) == (CHANGED, ["tag", "points", "profile"])


def test_a_change_of_a_run_that_has_ended_is_not_made(heard: World) -> None:
    run = heard.run()
    heard.followers.end_run(person_of(heard.followers), LiveRun(run.journey, run.id, ""), Finished(), NOON)
    heard.says(after_minutes=3, Content="hi")

    with pytest.raises(errors.RunEndedError):
        heard.perform(run, *CHANGES, send())

    assert (heard.follower().tags, changes(heard), told(heard)) == (frozenset(), [], [])


def test_points_that_nobody_reacts_to_are_posted_with_their_message_and_known_from_the_first_on(
    world: World,
) -> None:
    run = world.perform(world.run(), AwardAction("0", 5, "x"), AwardAction("0.5", 3, "y"), send())
    world.perform(world.run(), AwardAction("0", 5, "x"), AwardAction("0.5", 3, "y"), send())

    lines = list(world.ledger.newest(run.follower.person_id))
    assert [(moved.id, moved.amount) for moved in lines] == [(f"{run.id}#0.5", 3), (f"{run.id}#0", 5)]
    assert (world.follower().points, world.announcements.told) == (8, [])


def test_each_award_is_told_with_the_balance_after_it(heard: World) -> None:
    heard.perform(heard.run(), AwardAction("0", 5, "x"))
    heard.perform(heard.run(), AwardAction("1", 3, "y"), AwardAction("2", 2, "z"), send("3"))
    heard.perform(heard.run(), AwardAction("1", 3, "y"), AwardAction("2", 2, "z"), send("3"))

    bodies = [event.body for event in heard.announcements.told]
    assert [(body.before, body.points) for body in bodies if isinstance(body, PointsChanged)] == [
        *[(0, 5), (5, 8), (8, 10)],
        *[(5, 8), (8, 10)],
    ]
    assert heard.follower().points == 10


# --- asking -------------------------------------------------------------------------------------------


def test_a_question_is_sent_and_its_answer_wakes_the_run(world: World) -> None:
    world.perform(world.run(), QUESTION, token="t-1")
    assert world.wechat.taken == ["1 or 2?"]

    world.says(after_minutes=10, Content="2")

    assert world.runs.woken["t-1"].run.answers == {"style": "gifts"}


def test_what_was_said_before_the_question_is_not_its_answer(world: World) -> None:
    run = world.run()
    world.says(after_minutes=2, Content="2")
    world.perform(run, QUESTION, token="t-1")

    assert world.runs.woken == {}


def test_an_answer_that_came_before_the_wait_was_registered_is_taken(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    world = World(followers, ledger)
    world.hears("subscribe", opened_journey="welcome")
    run = next(iter(world.runs.started.values())).run
    world.says(after_minutes=0.5, Content="1")
    world.says(after_minutes=0.6, Content="thanks")
    world.clock.pass_(minutes=1)

    world.perform(run, LISTEN, token="t-1")

    assert world.runs.woken["t-1"].run.answers == {"style": "bridal"}
    assert world.followers.read(APP_ID, OPENID).waits == ()


def test_a_repeated_task_takes_the_answer_that_is_there(world: World) -> None:
    run = world.run()
    world.perform(run, QUESTION, token="t-1")
    world.says(after_minutes=10, Content="1")
    world.runs.woken.clear()

    world.perform(run, QUESTION, token="t-2")

    assert world.runs.woken["t-2"].run.answers == {"style": "bridal"}
    assert world.wechat.taken == ["1 or 2?"]


def test_a_repeated_task_parks_its_new_token_while_there_is_no_answer(world: World) -> None:
    run = world.run()
    world.perform(run, QUESTION, token="t-1")
    world.perform(run, QUESTION, token="t-2")
    world.says(after_minutes=10, Content="1")

    assert list(world.runs.woken) == ["t-2"]
    assert world.wechat.taken == ["1 or 2?"]


def test_a_question_that_is_not_sent_opens_no_wait(world: World) -> None:
    world.wechat.failures = [errors.ContentRejectedError(45002, "content size out of limit")]
    with pytest.raises(errors.MessageNotSentError):
        world.perform(world.run(), QUESTION, token="t-1")

    assert world.followers.read(APP_ID, OPENID).waits == ()
    world.perform(world.run(), CloseAction("5"))


def test_after_the_time_limit_a_run_knows_when_it_asked_also_when_that_is_tried_again(world: World) -> None:
    """The engine goes on with what it had given to the task that asked; the wait knows more."""
    run = world.run()
    world.perform(run, QUESTION, token="t-1")
    asked = world.clock.now()
    world.clock.pass_(hours=1)

    closed = world.perform(run, CloseAction("5"))
    assert closed.step_positions == {"style": Position.at(asked)}
    assert world.perform(run, CloseAction("5")).step_positions == closed.step_positions


@pytest.mark.parametrize("answer_first", [True, False])
def test_exactly_one_of_answer_and_time_limit_wins(world: World, *, answer_first: bool) -> None:
    run = world.run()
    world.perform(run, QUESTION, token="t-1")
    if answer_first:
        world.says(after_minutes=10, Content="1")
        with pytest.raises(errors.AnsweredError):
            world.perform(run, CloseAction("5"), TagAction("6", add=("silent",)))
        assert world.follower().tags == frozenset()
    else:
        world.perform(run, CloseAction("5"), TagAction("6", add=("silent",)))
        world.says(after_minutes=10, Content="1")
        assert world.runs.woken == {}
        assert world.follower().tags == {"silent"}
        world.perform(run, CloseAction("5"))


def test_what_was_said_before_a_question_ran_out_does_not_answer_the_next(world: World) -> None:
    run = world.run()
    world.says(after_minutes=2, Content="2")
    world.perform(run, QUESTION, token="t-1")
    world.clock.pass_(hours=1)

    run = world.perform(run, CloseAction("5"), LISTEN, token="t-2")

    assert world.runs.woken == {}
    world.says(after_minutes=90, Content="1")
    assert world.runs.woken["t-2"].run.answers == {"style": "bridal"}


def test_an_event_written_while_a_wait_opens_sees_the_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inbox has read the follower before the wait opens, and writes after it: it must decide again."""
    run, read = world.run(), FollowerStore.read

    def read_then_let_the_wait_open(store: FollowerStore, app_id: str, openid: str) -> object:
        state = read(store, app_id, openid)
        monkeypatch.setattr(FollowerStore, "read", read)
        world.perform(run, QUESTION, token="t-1")
        return state

    monkeypatch.setattr(FollowerStore, "read", read_then_let_the_wait_open)
    world.says(after_minutes=3, Content="2")

    assert world.runs.woken["t-1"].run.answers == {"style": "gifts"}
