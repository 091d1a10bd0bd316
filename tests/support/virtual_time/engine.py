"""Step Functions in virtual time: executions that wait, are woken and stopped, one at a time.

Everything of sfnx, which evaluates the definitions, is used here and nowhere else. It runs a definition from
its start to its end in one call, so every execution has a thread; only one of them, or the test, ever runs.
"""

import functools
import heapq
import itertools
import json
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

import sfnx.testing
from jsonata.jsonata import Jsonata
from jsonata.parser import Parser
from sfnx.testing import Call, Execution, Failure, InvalidDefinition, Unsupported, Wait, run
from sfnx.testing import check as check_with_sfnx

from tests.support.fakes.clock import FakeClock
from tests.support.fakes.runs import FakeRuns
from wejourney.adapters.sealed_runs import sealed
from wejourney.reasons import EndedByEngine, RunEnd
from wejourney.services.close_run import ended_as

type Perform = Callable[[dict[str, Any]], dict[str, Any]]
"""A task: from its payload to its result; it raises Failure."""

_STACK = 1 << 20

# An expression is parsed once, by one parser, and not for every evaluation by a parser of each thread.
_parser = Parser()
_parser.parse = functools.cache(_parser.parse)
Jsonata.get_parser = staticmethod(lambda: _parser)
# A definition is checked when it is deployed, and not in every execution.
sfnx.testing.check = lambda definition: None


def machine_of(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is deployed of a definition."""
    return cast("dict[str, Any]", json.loads(json.dumps(definition).replace("${Partition}", "aws-cn")))


@cache
def _deployed(definition: str) -> Mapping[str, Any]:
    """The machine of a definition, which many lives share; it is checked once."""
    read = json.loads(definition)
    check_with_sfnx(read)
    return machine_of(read)


def refused_by_engine(definition: Mapping[str, Any]) -> str:
    """Why the engine would not take this definition; empty when it would."""
    try:
        check_with_sfnx(definition)
    except (InvalidDefinition, Unsupported) as exc:
        return str(exc)
    return ""


def _locked() -> threading.Lock:
    """A lock that whoever waits for it gets when another thread releases it."""
    lock = threading.Lock()
    lock.acquire()
    return lock


class StoppedExecution(BaseException):
    """Ends the thread of an execution that was stopped."""


@dataclass
class Started:
    """An execution: where it is, and how it ended."""

    run_id: str
    journey: str
    version: str
    machine: Mapping[str, Any]
    state: str = ""
    token: str | None = None
    due: datetime | None = None
    done: bool = False
    result: Execution | None = None
    error: BaseException | None = None
    _go: threading.Lock = field(default_factory=_locked)
    _back: threading.Lock = field(default_factory=_locked)
    _handed: object = None

    def begin(self, work: Callable[[], Execution]) -> None:
        """Run until it waits or ends."""

        def body() -> None:
            try:
                self.result = work()
            except StoppedExecution:
                pass
            except BaseException as error:  # noqa: BLE001 - the test's thread raises it
                self.error = error
            self.done = True
            self._back.release()

        threading.Thread(target=body, daemon=True).start()
        self._back.acquire()
        self._raise()

    def resume(self, handed: object) -> None:
        """Go on with what it waited for."""
        self._handed = handed
        self._go.release()
        self._back.acquire()
        self._raise()

    def pause(self) -> object:
        """Called in the execution's own thread: let the test go on until it resumes this one."""
        self._back.release()
        self._go.acquire()
        if isinstance(self._handed, BaseException):
            raise self._handed
        return self._handed

    def _raise(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class Engine:
    """The executions of some machines.

    `late`: the next time limit fires although the answer is there. `deaf`: no execution is stopped in time.
    """

    clock: FakeClock
    runs: FakeRuns
    perform: Perform
    ended: Callable[[str, RunEnd], None]
    machines: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    executions: dict[str, Started] = field(default_factory=dict)
    late: bool = False
    deaf: bool = False
    _due: list[tuple[datetime, bool, int, str]] = field(default_factory=list)
    """When, whether it is a time limit, a number, whose."""
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _parked: dict[str, Started] = field(default_factory=dict)
    _launched: int = 0

    def deploy(self, journey: str, definition: Mapping[str, Any]) -> None:
        """From now on runs of this journey begin on this definition; those under way stay on theirs."""
        self.machines[journey] = _deployed(json.dumps(definition))

    @property
    def next_due(self) -> datetime | None:
        """When the next wait or time limit is over."""
        while self._due and not self._is_waited_for(self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    @property
    def next_is_pause(self) -> bool:
        """Whether that ends a wait for a time, which comes before what somebody does in the same second."""
        return self.next_due is not None and not self._due[0][1]

    def _is_waited_for(self, due: tuple[datetime, bool, int, str]) -> bool:
        one = self.executions[due[3]]
        return not one.done and one.due == due[0]

    def settle(self) -> bool:
        """Start, wake and stop one execution that can be; False when there is none."""
        for start in list(self.runs.started.values())[self._launched :]:
            self._launched += 1
            if start.run.journey in self.machines:
                self._launch(start.run.id, start.run.journey, start.run.version, sealed(start.run))
                return True
        one = self._stopped()
        if one is not None:
            self._go_on(one, StoppedExecution())
            return True
        one = next((self._parked[token] for token in self.runs.woken if token in self._parked), None)
        if one is None:
            return False
        handed: object = sealed(self.runs.woken[one.token or ""].run)
        if self.late:
            self.late, handed = False, Failure("States.Timeout", "the answer came too late")
        self._go_on(one, handed)
        return True

    def _stopped(self) -> Started | None:
        """An execution that has been stopped and does not know it yet."""
        if self.deaf:
            return None
        stopped = (self.executions[run_id] for run_id in self.runs.stopped if run_id in self.executions)
        return next((one for one in stopped if not one.done), None)

    def pass_due(self) -> None:
        """The next wait or time limit is over now."""
        *_, run_id = heapq.heappop(self._due)
        one = self.executions[run_id]
        self._go_on(one, Failure("States.Timeout", "nothing came") if one.token else None)

    def _launch(self, run_id: str, journey: str, version: str, data: dict[str, Any]) -> None:
        machine = self.machines[journey]
        one = self.executions[run_id] = Started(run_id, journey, version, machine)
        threading.stack_size(_STACK)

        def work() -> Execution:
            return run(
                machine,
                data,
                lambda call: self._task(one, call),
                functions={"now": lambda: self.clock.now().isoformat()},
                on_wait=lambda wait: self._wait(one, wait),
            )

        one.begin(work)
        self._look(one)

    def _go_on(self, one: Started, handed: object) -> None:
        self._parked.pop(one.token or "", None)
        one.token = one.due = None
        one.resume(handed)
        self._look(one)

    def _look(self, one: Started) -> None:
        if one.done:
            self.ended(one.run_id, _end(one.result))

    # --- in the execution's own thread -----------------------------------------------------------

    def _wait(self, one: Started, wait: Wait) -> None:
        if wait.seconds is not None:
            due = self.clock.now() + timedelta(seconds=wait.seconds)
        else:
            due = datetime.fromisoformat(cast("str", wait.timestamp))
        self._pause(one, wait.state, due)

    def _task(self, one: Started, call: Call) -> object:
        """One invocation of the function, through JSON as it is on the wire."""
        payload = json.loads(json.dumps(cast("dict[str, Any]", call.arguments)["Payload"]))
        if not call.resource.endswith(".waitForTaskToken"):
            return {"Payload": self.perform(payload)}
        payload["token"] = token = f"token-{next(self._numbers)}"
        self.perform(payload)
        one.token, self._parked[token] = token, one
        limit = self._limit(one.machine["States"][call.state], payload["run"])
        return self._pause(one, call.state, self.clock.now() + timedelta(seconds=limit))

    def _limit(self, state: Mapping[str, Any], data: Mapping[str, Any]) -> int:
        """The time limit of a state that waits: sfnx evaluates none, and the only expression is known."""
        limit = state["TimeoutSeconds"]
        if isinstance(limit, int):
            return limit
        if "until" not in data:
            return 1
        ahead = datetime.fromisoformat(data["until"]) - self.clock.now()
        return max(1, math.ceil(ahead.total_seconds()))

    def _pause(self, one: Started, state: str, due: datetime) -> object:
        one.state, one.due = state, due
        heapq.heappush(self._due, (due, one.token is not None, next(self._numbers), one.run_id))
        return one.pause()


def _end(result: Execution | None) -> RunEnd:
    """How a run is recorded whose execution ended so; without a result it was stopped."""
    if result is None or result.error:
        return EndedByEngine("aborted" if result is None else str(result.error))
    return ended_as("succeeded", result.output)
