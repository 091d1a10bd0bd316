"""A journey carried out step by step, straight from its meaning: what a compiled journey must equal."""

from collections.abc import Callable
from datetime import timedelta

from tests.support.asl import World
from wejourney.domain.actions import Action, AskAction, AwardAction, CloseAction, SendAction, TagAction
from wejourney.domain.conditions import holds
from wejourney.domain.errors import FollowerGoneError, MessageNotSentError, WeChatBusyError, WejourneyError
from wejourney.domain.journeys import Ask, Award, Branch, Journey, Send, Step, Stop, Tag, Untag, Wait
from wejourney.domain.runs import Run
from wejourney.language.freshness import reads_profile
from wejourney.services.perform_actions import Task


class StoppedError(Exception):
    """The run has come to a stop."""


class Interpreter:
    """One run of a journey in a world; afterwards `run` is its data and `reason` that of its stop."""

    def __init__(self, world: World, journey: Journey) -> None:
        self.world = world
        world.begin()
        self.run: Run = world.runs.started[0].run
        self.reason: str | None = None
        try:
            self._steps(journey.steps, "")
        except StoppedError as stop:
            self.reason = str(stop)
        except FollowerGoneError:
            pass

    def _steps(self, steps: tuple[Step, ...], prefix: str) -> None:
        for number, step in enumerate(steps, start=1):
            self._step(step, f"{prefix}{number}")

    def _step(self, step: Step, path: str) -> None:
        match step:
            case Send():
                self._send(step, path)
            case Ask():
                self._ask(step, path)
            case Wait():
                self.world.live(self.world.clock.now() + timedelta(seconds=step.seconds))
            case Branch():
                self._branch(step, path)
            case Tag():
                self._do(TagAction(path, add=step.tags))
            case Untag():
                self._do(TagAction(path, remove=step.tags))
            case Award():
                self._do(AwardAction(path, step.points, step.reason))
            case Stop():
                raise StoppedError(step.reason)

    def _send(self, step: Send, path: str) -> None:
        try:
            self._do(SendAction(path, step.content, step.not_sent is not None, step.if_unsure))
        except MessageNotSentError:
            self._steps(step.not_sent or (), f"{path}.not_sent.")

    def _ask(self, step: Ask, path: str) -> None:
        token = f"token of {path}"
        try:
            self._do(AskAction(path, step.name, step.content, step.choices), token)
        except MessageNotSentError:
            if step.not_sent is not None:
                self._steps(step.not_sent, f"{path}.not_sent.")
                return
        else:
            self.world.live(self.world.clock.now() + timedelta(seconds=step.within), token)
            if token in self.world.runs.woken:
                self.run = self.world.runs.woken[token]
                return
        self._do(CloseAction(path))
        self._steps(step.unanswered, f"{path}.unanswered.")

    def _branch(self, step: Branch, path: str) -> None:
        follower = self.world.records.follower
        if follower is None and reads_profile(step):
            raise FollowerGoneError
        for number, case in enumerate(step.cases, start=1):
            if holds(case.when, follower or self.run.follower, self.run.answers):
                self._steps(case.steps, f"{path}.case{number}.")
                return
        self._steps(step.otherwise, f"{path}.otherwise.")

    def _do(self, action: Action, token: str | None = None) -> None:
        self._trying(lambda: self.world.perform(Task(self.run, (action,), token)))

    def _trying(self, perform: Callable[[], Run]) -> None:
        while True:
            try:
                self.run = perform()
            except WejourneyError as error:
                self.world.clock.pass_by(10)
                if not isinstance(error, WeChatBusyError):
                    raise
            else:
                return
