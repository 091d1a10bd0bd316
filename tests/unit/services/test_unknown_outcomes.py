"""How often a message can arrive, whatever happens to its calls and its workers (decision 0007)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, OPENID, SETTINGS, event
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.ports import action_ports
from tests.support.fakes.runs import FakeRuns
from wejourney import errors
from wejourney.events.positions import BEGINNING
from wejourney.journeys.action_types import SendAction
from wejourney.journeys.runs import LiveRun, Run
from wejourney.messaging.contents import Text
from wejourney.messaging.sending import BUSY_ATTEMPTS, CALLS_IF_UNSURE, MessageStatus
from wejourney.messaging.wechat_errors import CODES
from wejourney.people.followers import Follower, after
from wejourney.reasons import PossiblySent, RefusedByWeChat
from wejourney.services.change_profile import Profiles
from wejourney.services.outbox import Outbox

WRITER = after(Follower(APP_ID, OPENID, "person"), event("text", Content="hi"), SETTINGS.rules)
RUN = Run("run", "welcome", "v1", BEGINNING, WRITER)
ATTEMPTS = 40

type Policy = Literal["drop", "resend"]


class Killed(BaseException):
    """The worker is gone in the middle of a line."""


@dataclass(frozen=True)
class Fault:
    """What becomes of a call: whether WeChat carries it out, and the error that is seen of it."""

    arrives: bool
    error: BaseException | None


REFUSALS = sorted({known.error for known in CODES.values()} | {errors.UnrecognisedRefusalError}, key=str)
FAULTS: dict[str, Fault] = {
    "sent": Fault(arrives=True, error=None),
    **{
        f"{name}, {'carried out' if arrives else 'lost'}": Fault(arrives, error)
        for name, error in (
            ("no answer", errors.SendOutcomeUnknownError("ReadTimeout")),
            ("killed", Killed()),
            ("broken", RuntimeError("out of memory")),
        )
        for arrives in (True, False)
    },
    **{cls.__name__: Fault(arrives=False, error=cls(1, "no")) for cls in REFUSALS},
}


@dataclass
class Phone:
    """A channel whose calls end as they are told, then well."""

    faults: list[str]
    calls: int = 0
    copies: int = 0

    def send(self, _account: Any, _openid: str, _content: Mapping[str, Any]) -> None:
        self.calls += 1
        fault = FAULTS[self.faults.pop(0) if self.faults else "sent"]
        self.copies += fault.arrives
        if fault.error is not None:
            raise fault.error


class Records(FakeFollowers):
    """Records whose worker is killed before the calls with these numbers, or right after them."""

    def __init__(self, kills: dict[int, bool]) -> None:
        super().__init__(WRITER, [LiveRun("welcome", "run", event_id="")])
        self.kills, self.done = kills, 0

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in {"read", "add_message", "reserve_again", "message", "sent", "not_sent"}:
            return found

        def call(*values: Any) -> Any:
            self.done += 1
            after_it = self.kills.get(self.done)
            if after_it is False:
                raise Killed
            answer = found(*values)
            if after_it:
                raise Killed
            return answer

        return call


@dataclass
class Case:
    """A message on its way."""

    faults: list[str]
    kills: dict[int, bool]
    if_unsure: Policy
    minutes: int = 0

    def __post_init__(self) -> None:
        self.phone, self.meter, self.clock = Phone(list(self.faults)), FakeMeter(), FakeClock()
        self.records = Records(self.kills)
        books, runs = FakeBooks(self.records), FakeRuns()
        ports = action_ports(self.records, books, self.phone, runs, self.clock, meter=self.meter)
        self.outbox = Outbox(ports, Profiles(ports, frozenset()))
        self.busy = 0

    def play(self) -> None:
        """Do the task until it ends, as the engine does."""
        step = SendAction("1", Text({"any": "hi"}), raise_if_not_sent=False, if_unsure=self.if_unsure)
        for _ in range(ATTEMPTS):
            try:
                self.outbox.send(step, RUN)
            except (Killed, RuntimeError, errors.DailyQuotaSpentError):
                pass
            except errors.WeChatBusyError:
                self.busy += 1
            else:
                return
            self.clock.pass_(minutes=self.minutes)
        pytest.fail("the task never ended")

    def holds(self) -> None:
        message = self.records.only.messages["run", "1"]
        copies = self.phone.copies
        assert copies <= (CALLS_IF_UNSURE if self.if_unsure == "resend" else 1)
        assert message.status in {MessageStatus.SENT, MessageStatus.NOT_SENT, MessageStatus.UNKNOWN}
        if message.status is MessageStatus.NOT_SENT:
            assert copies == 0
        if message.status is MessageStatus.SENT:
            assert copies >= 1
        assert self.busy < BUSY_ATTEMPTS, "the state machine retries no more often"
        spent = WRITER.windows != self.records.follower.windows  # type: ignore[union-attr]
        assert spent or copies == 0, "a copy keeps its allowance taken"


POLICIES: st.SearchStrategy[Policy] = st.sampled_from(["drop", "resend"])
KILLS = st.dictionaries(st.integers(1, 30), st.booleans(), max_size=6)


@given(st.lists(st.sampled_from(sorted(FAULTS)), max_size=8), KILLS, POLICIES, st.sampled_from([0, 600]))
@example(["no answer, carried out", "killed, carried out", "no answer, carried out"], {}, "resend", 0)
@example(["no answer, carried out", "WindowClosedError"], {}, "resend", 0)
@example(["killed, carried out", "ContentRejectedError"], {}, "resend", 0)
@example(["killed, carried out"], {}, "resend", 3000)
def test_a_message_arrives_at_most_as_often_as_its_step_allows_and_is_then_not_recorded_as_not_sent(
    faults: list[str], kills: dict[int, bool], if_unsure: Policy, minutes: int
) -> None:
    case = Case(faults, kills, if_unsure, minutes)
    case.play()
    case.holds()


@pytest.mark.parametrize("if_unsure", ["drop", "resend"])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_limits_of_arrival_hold_for_a_worker_killed_between_any_two_calls(
    fault: str, if_unsure: Policy
) -> None:
    for first in range(1, 9):
        for second in range(first, 14):
            for after_it in (False, True):
                case = Case([fault] * 3, {first: after_it, second: after_it}, if_unsure)
                case.play()
                case.holds()


@pytest.mark.parametrize("fault", ["no answer, carried out", "killed, carried out", "broken, carried out"])
@pytest.mark.parametrize(("if_unsure", "calls"), [("drop", 1), ("resend", 2)])
def test_calls_without_an_answer_are_made_once_or_twice_and_recorded_as_unknown(
    fault: str, calls: int, if_unsure: Policy
) -> None:
    case = Case([fault] * 20, {}, if_unsure)
    case.play()
    assert (case.phone.calls, case.phone.copies) == (calls, calls)
    assert case.records.only.messages["run", "1"].status is MessageStatus.UNKNOWN
    assert case.meter.counts["MessagesUnknown"] == 1
    assert case.meter.counts["MessagesNotSent"] == 0


def test_a_refusal_after_a_call_without_an_answer_is_taken_for_the_follower_not_for_the_message() -> None:
    case = Case(["no answer, carried out", "FollowerUnreachableError"], {}, "resend")
    case.play()
    message = case.records.only.messages["run", "1"]
    assert message.status is MessageStatus.UNKNOWN
    assert message.reason == PossiblySent(RefusedByWeChat("FollowerUnreachable", "1: no"))
    assert case.records.follower is not None
    assert case.records.follower.unreachable == 1


def test_busy_answers_do_not_count_as_calls_that_may_have_arrived() -> None:
    case = Case([*["WeChatBusyError"] * 3, "no answer, lost"], {}, "resend")
    case.play()
    assert (case.phone.calls, case.phone.copies) == (5, 1)
    assert case.records.only.messages["run", "1"].status is MessageStatus.SENT
