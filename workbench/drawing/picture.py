"""From a journey to its picture: which card each step becomes, and in which words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from wejourney.journeys.definition import Condition
from wejourney.messaging.contents import (
    Content,
    Image,
    Mass,
    Menu,
    MiniProgramCard,
    News,
    Notice,
    Template,
    Text,
)
from workbench.drawing.cards import Card, CardPath, Chip, Node, Picture
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.wording.journey_parts import Wording, capitalised
from workbench.wording.picture_phrases import Language


def picture_of(journey: Journey, language: Language) -> Picture:
    """The picture of a journey."""
    return _Teller(Wording(language)).picture(journey)


@dataclass(frozen=True)
class _Teller:
    words: Wording

    def picture(self, journey: Journey) -> Picture:
        """Trigger, opening, steps, end."""
        trigger = Card(
            "trigger",
            f"event_{journey.trigger.event}",
            bold=capitalised(self.words.event(journey.trigger)),
            items=tuple(self.words.trigger(journey.trigger)),
        )
        path = [Node(trigger)]
        if journey.opening is not None:
            opening = replace(self._message(journey.opening), heading=self.words.say("opening"))
            path.append(Node(opening))
        path += self._path(journey.steps)
        if not path[-1].ends:
            path.append(Node(Card("ending", "end", bold=self.words.say("end"))))
        return Picture(self.words.variant(journey.title), tuple(self._rules(journey)), tuple(path))

    def _rules(self, journey: Journey) -> Iterator[str]:
        words, again, quiet = self.words, journey.again, journey.quiet
        if again.mode != "always":
            yield words.say(f"again {again.mode}", text=again.key or words.duration(again.seconds))
        if quiet is not None:
            yield words.say("quiet", start=words.time(quiet.start), end=words.time(quiet.end))
        if journey.holdout:
            yield words.say("holdout", n=journey.holdout)
        if journey.goal is not None:
            yield words.say("goal rule", text=words.condition(journey.goal))
        for exit_rule in journey.exits:
            yield words.say("exit rule", text=words.condition(exit_rule.when), reason=exit_rule.reason)

    def _path(self, steps: Sequence[step_types.Step]) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while steps:
            first, following = steps[0], steps[1] if len(steps) > 1 else None
            if isinstance(first, step_types.ChangeStep):
                chips: list[Chip] = []
                while steps and isinstance(steps[0], step_types.ChangeStep):
                    chips += self._chips(steps[0])
                    steps = steps[1:]
                nodes.append(Node(Card("chips", "chips", chips=tuple(chips))))
            elif (
                isinstance(first, step_types.Ask)
                and isinstance(following, step_types.Branch)
                and self._belong_together(first, following)
            ):
                nodes.append(self._answered(first, following))
                steps = steps[2:]
            else:
                nodes.append(self._node(first))
                steps = steps[1:]
        return tuple(nodes)

    def _node(
        self, step: step_types.TalkStep | step_types.WaitStep | step_types.ChoiceStep | step_types.Stop
    ) -> Node:
        match step:
            case step_types.Send():
                return self._sent(step)
            case step_types.Ask():
                return self._asked(step)
            case step_types.Notify() | step_types.HandOver():
                return Node(self._staff(step))
            case step_types.Branch() | step_types.Split():
                return self._choice(step)
            case step_types.Wait() | step_types.WaitUntil() | step_types.WaitDate() | step_types.WaitEvent():
                return self._wait(step)
            case step_types.Stop():
                text = self.words.say("goal" if step.goal else "stop", text=step.reason)
                return Node(
                    Card("goal", "goal", bold=text) if step.goal else Card("ending", "end", bold=text)
                )
            case _:
                assert_never(step)

    # --- messages ------------------------------------------------------------------------------

    def _sent(self, send: step_types.Send) -> Node:
        words = self.words
        card = self._message(send.content)
        if send.instead:
            others = words.join([words.say(content.kind) for content in send.instead])
            card = replace(card, note=words.say("instead", text=others))
        if not send.not_sent:
            return Node(card)
        unsaid = CardPath(words.say("not sent"), self._path(send.not_sent))
        return Node(card, (CardPath(words.say("sent"), ()), unsaid), main=0)

    def _message(self, content: Content) -> Card:
        words = self.words
        card = Card("message", content.kind, words.say(content.kind))
        match content:
            case Text() | Mass():
                return replace(card, text=words.variant(content.text))
            case Image():
                return replace(card, text=content.media_id)
            case News():
                return replace(
                    card, bold=words.variant(content.title), text=words.variant(content.description)
                )
            case MiniProgramCard():
                return replace(card, bold=words.variant(content.title))
            case Menu():
                items = tuple(words.variant(item.text) for item in content.items)
                return replace(card, text=words.variant(content.head), items=items)
            case Template() | Notice():
                return replace(card, items=words.data(content.data))
            case _:
                assert_never(content)

    # --- questions -----------------------------------------------------------------------------

    def _question(self, ask: step_types.Ask) -> Card:
        words = self.words
        said = Card("question", "question", text=words.say("listen"))
        if ask.content is not None:
            said = self._message(ask.content)
        items = said.items
        if ask.parse != "text":
            items = (words.say(f"parse {ask.parse}"),)
        heading = words.say("question", text=ask.name)
        return replace(said, look="question", icon="question", heading=heading, items=items)

    def _asked(self, ask: step_types.Ask) -> Node:
        """A question after which all answers go the same way."""
        card = self._question(ask)
        if ask.choices and not card.items:
            labels = [self.words.answer(ask, answer) for answer in ask.choices]
            card = replace(card, items=(self.words.say("choices", text=self.words.join(labels)),))
        unanswered = tuple(way for way in self._unanswered(ask) if way.path)
        if not unanswered:
            limit = self.words.duration(ask.within)
            return Node(replace(card, note=self.words.say("at most", text=limit)))
        return Node(card, (CardPath(self.words.say("an answer"), ()), *unanswered), main=0)

    def _unanswered(self, ask: step_types.Ask) -> Iterator[CardPath]:
        limit = self.words.duration(ask.within)
        yield CardPath(self.words.say("no answer", text=limit), self._path(ask.unanswered))
        if ask.not_sent:
            yield CardPath(self.words.say("not sent"), self._path(ask.not_sent))

    def _belong_together(self, ask: step_types.Ask, branch: step_types.Branch) -> bool:
        """Whether the branch sends the answers to this question different ways."""
        if not all(answers_needed(case.when, ask.name) for case in branch.cases):
            return False
        # Those without an answer leave the branch by `otherwise`: no way of their own where it holds steps.
        return not branch.otherwise or all(way.ends for way in self._unanswered(ask))

    def _answered(self, ask: step_types.Ask, branch: step_types.Branch) -> Node:
        """A question with its answers on the ways that they lead to."""
        ways = [CardPath(self._answers(ask, case.when), self._path(case.steps)) for case in branch.cases]
        only_answers = all(_besides(case.when) == Condition() for case in branch.cases)
        rest = self.words.say("any other answer" if only_answers else "otherwise")
        ways.append(CardPath(rest, self._path(branch.otherwise)))
        return Node(self._question(ask), (*ways, *self._unanswered(ask)))

    def _answers(self, ask: step_types.Ask, when: Condition) -> str:
        words = self.words
        meant = answers_needed(when, ask.name)
        labels = words.join([words.answer(ask, answer) for answer in meant], "or")
        besides = _besides(when)
        return labels if besides == Condition() else words.join([labels, words.condition(besides)], "and")

    # --- staff, waits, choices -----------------------------------------------------------------

    def _staff(self, step: step_types.Notify | step_types.HandOver) -> Card:
        words = self.words
        if isinstance(step, step_types.Notify):
            return Card("staff", "staff", words.say("notify", text=step.staff), text=words.variant(step.text))
        until = words.say("until closed", text=words.duration(step.within))
        return Card("staff", "chat", words.say("hand over", text=step.staff), text=until)

    def _wait(self, step: step_types.WaitStep) -> Node:
        words = self.words
        match step:
            case step_types.Wait():
                text = words.say("wait", text=words.duration(step.seconds))
                return Node(Card("wait", "clock", bold=text))
            case step_types.WaitUntil():
                text = words.say("until", text=words.time(step.time, step.weekday))
                return Node(Card("wait", "clock", bold=text))
            case step_types.WaitDate():
                return self._limited(step, Card("wait", "calendar", bold=self._moment(step)), "it comes")
            case step_types.WaitEvent():
                text = words.say("wait event", text=words.event(step.pattern))
                details = tuple(words.details(step.pattern))
                return self._limited(step, Card("wait", "clock", bold=text, items=details), "it happens")
            case _:
                assert_never(step)

    def _moment(self, step: step_types.WaitDate) -> str:
        words = self.words
        phrase = "wait date"
        if step.offset:
            phrase = "wait date before" if step.offset < 0 else "wait date after"
        text = words.say(phrase, name=step.date, text=words.duration(abs(step.offset)) or step.date)
        return text if step.time is None else words.say("moment", text=text, time=words.time(step.time))

    def _limited(self, step: step_types.WaitDate | step_types.WaitEvent, card: Card, met: str) -> Node:
        words = self.words
        limit = words.duration(step.within)
        if not step.otherwise:
            return Node(replace(card, note=words.say("at most", text=limit)))
        late = CardPath(words.say("not within", text=limit), self._path(step.otherwise))
        return Node(card, (CardPath(words.say(met), ()), late), main=0)

    def _choice(self, step: step_types.ChoiceStep) -> Node:
        words = self.words
        if isinstance(step, step_types.Split):
            shares = (
                CardPath(words.say("percent", n=share.percent), self._path(share.steps))
                for share in step.shares
            )
            return Node(Card("choice", "split", bold=words.say("split", text=step.name)), tuple(shares))
        ways = [CardPath(words.condition(case.when), self._path(case.steps)) for case in step.cases]
        ways.append(CardPath(words.say("otherwise"), self._path(step.otherwise)))
        return Node(Card("choice", "branch", bold=words.say("branch")), tuple(ways))

    # --- changes -------------------------------------------------------------------------------

    def _chips(self, step: step_types.ChangeStep) -> Iterator[Chip]:
        words = self.words
        match step:
            case step_types.Tag():
                yield from (Chip("tag", tag) for tag in step.tags)
            case step_types.Untag():
                yield from (Chip("untag", tag) for tag in step.tags)
            case step_types.Set():
                values = ((name, words.variant({"any": value})) for name, value in step.values.items())
                yield from (Chip("note", f"{name} = {value}") for name, value in values)
            case step_types.Award():
                yield Chip("star", words.say("points added", n=step.points))
            case step_types.Give():
                yield Chip("gift", words.say(step.what, text=step.name))
            case step_types.StartJourney():
                yield Chip("start", words.say("starts", text=step.journey))
            case step_types.EndJourney():
                yield Chip("end", words.say("ends", text=step.journey))
            case _:
                assert_never(step)


def answers_needed(condition: Condition, question: str) -> tuple[str, ...]:
    """The answers to this question one of which the condition needs; nothing if it needs none, or another.

    It may speak of the profile besides one answer, but not besides a choice of several.
    """
    if condition.answers.keys() == {question} and not condition.any:
        return tuple(condition.answers.values())
    if condition != Condition(any=condition.any):
        return ()
    needed = [
        alternative.answers.get(question)
        for alternative in condition.any
        if alternative == Condition(answers=alternative.answers)
    ]
    answers = tuple(answer for answer in needed if answer is not None)
    return answers if len(answers) == len(condition.any) else ()


def _besides(when: Condition) -> Condition:
    """What a condition that needs an answer speaks of besides."""
    return Condition() if when.any else replace(when, answers={})
