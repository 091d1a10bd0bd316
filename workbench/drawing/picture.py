"""From a journey to its picture: which card each step becomes, and in which words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import assert_never

from wejourney.journeys.definition import Condition
from wejourney.messaging import contents
from workbench.drawing.cards import Card, CardPath, Chip, Node, Picture
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.wording.journey_parts import Wording
from workbench.wording.picture_phrases import Language


def picture_of(journey: Journey, language: Language) -> Picture:
    """Trigger, opening, steps, end."""
    words = Wording(language)
    cards, event = _Cards(words), words.event(journey.trigger.event)
    trigger = Card(
        "trigger",
        f"event_{journey.trigger.event}",
        bold=event[:1].upper() + event[1:],
        items=tuple(words.trigger(journey.trigger)),
    )
    path = [Node(trigger)]
    if journey.opening is not None:
        path.append(Node(replace(cards.message(journey.opening), heading=words.say("opening"))))
    path += cards.path(journey.steps)
    if not path[-1].ends:
        path.append(Node(Card("ending", "end", bold=words.say("end"))))
    return Picture(words.variant(journey.title), tuple(_rules(journey, words)), tuple(path))


def _rules(journey: Journey, words: Wording) -> Iterator[str]:
    again, quiet = journey.again, journey.quiet
    if journey.speaks_to:
        yield words.say("speaks to", text=journey.speaks_to)
    if again.mode != "always":
        yield words.say(f"again {again.mode}", text=again.key or words.duration(again.seconds))
    if quiet is not None:
        yield words.say("quiet", hours=words.quiet_hours(quiet))
    if journey.holdout:
        yield words.say("holdout", n=journey.holdout)
    if journey.goal is not None:
        within = words.duration(journey.goal_within)
        yield words.say("goal rule", text=words.condition(journey.goal), within=within)
    for exit_rule in journey.exits:
        yield words.say("exit rule", text=words.condition(exit_rule.when), reason=words.reason(exit_rule))


@dataclass(frozen=True)
class _Cards:
    """The cards of steps, in the words of one language."""

    words: Wording

    def path(self, steps: Sequence[step_types.Step]) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for before, step in pairwise((None, *steps)):
            if isinstance(step, step_types.ChangeStep):
                # Changes in a row share a card.
                chips = nodes.pop().card.chips if isinstance(before, step_types.ChangeStep) else ()
                nodes.append(Node(Card("chips", "chips", chips=(*chips, *self._chips(step)))))
            elif (
                isinstance(before, step_types.Ask)
                and isinstance(step, step_types.Branch)
                and self._belong_together(before, step)
            ):
                nodes[-1] = self._answered(before, step)
            elif step is not None:
                nodes.append(self._node(step))
        return tuple(nodes)

    def _node(
        self,
        step: step_types.TalkStep
        | step_types.WaitStep
        | step_types.ChoiceStep
        | step_types.Repeat
        | step_types.Stop,
    ) -> Node:
        words = self.words
        match step:
            case step_types.Send():
                card = self.message(step.content)
                if step.instead:
                    others = words.join([words.say(content.kind) for content in step.instead])
                    card = replace(card, note=words.say("instead", text=others))
                return self._parting(card, "sent", [self._way("not sent", step.not_sent or ())])
            case step_types.Ask():
                card = self._question(step)
                if step.choices and not card.items:
                    labels = words.join([words.answer(step, answer) for answer in step.choices])
                    card = replace(card, items=(words.say("choices", text=labels),))
                return self._parting(card, "an answer", self._unanswered(step), step.within)
            case step_types.Notify():
                heading = words.say("notify", text=step.staff)
                return Node(Card("staff", "staff", heading, text=words.variant(step.text)))
            case step_types.HandOver():
                until = words.say("until closed", text=words.duration(step.within))
                return Node(Card("staff", "chat", words.say("hand over", text=step.staff), text=until))
            case step_types.Wait():
                text = words.say("wait", text=words.duration(step.seconds))
                return Node(Card("wait", "clock", bold=text))
            case step_types.WaitUntil():
                text = words.say("until", text=words.time(step.time, step.weekday))
                return Node(Card("wait", "clock", bold=text))
            case step_types.WaitDate():
                passes = step.passed is None and not step.yearly
                late = self._way(
                    "not within or passed" if passes else "not within", step.otherwise, step.within
                )
                card = Card("wait", "calendar", bold=self._moment(step))
                ways = [late, self._way("has passed", step.passed or ())]
                return self._parting(card, "it comes", ways, step.within)
            case step_types.WaitEvent():
                late = self._way("not within", step.otherwise, step.within)
                text = words.say("wait event", text=words.event(step.pattern.event))
                card = Card("wait", "clock", bold=text, items=tuple(words.details(step.pattern)))
                return self._parting(card, "it happens", [late], step.within)
            case step_types.Branch():
                ways = [CardPath(words.condition(case.when), self.path(case.steps)) for case in step.cases]
                ways.append(self._way("otherwise", step.otherwise))
                return Node(Card("choice", "branch", bold=words.say("branch")), tuple(ways))
            case step_types.Repeat():
                every = words.duration(step.every)
                text = words.say("repeat", every=every, n=step.times, text=words.condition(step.until))
                rounds = (
                    CardPath(words.say("each round"), self.path(step.steps)),
                    CardPath(words.say("then"), ()),
                )
                return Node(Card("choice", "branch", bold=text), rounds)
            case step_types.Split():
                ways = [
                    CardPath(words.say("percent", n=share.percent), self.path(share.steps))
                    for share in step.shares
                ]
                return Node(Card("choice", "split", bold=words.say("split", text=step.name)), tuple(ways))
            case step_types.Stop():
                text = words.say("goal" if step.goal else "stop", text=words.reason(step))
                return Node(
                    Card("goal", "goal", bold=text) if step.goal else Card("ending", "end", bold=text)
                )
            case _:
                assert_never(step)

    def _way(self, phrase: str, steps: Sequence[step_types.Step], within: int = 0) -> CardPath:
        return CardPath(self.words.say(phrase, text=self.words.duration(within)), self.path(steps))

    def _parting(self, card: Card, met: str, others: Iterable[CardPath], within: int = 0) -> Node:
        """A card and the paths beside the main one. If these are empty, its time limit is a note."""
        words = self.words
        ways = tuple(way for way in others if way.path)
        if ways:
            return Node(card, (CardPath(words.say(met), ()), *ways), main=0)
        return Node(replace(card, note=words.say("at most", text=words.duration(within))) if within else card)

    def message(self, content: contents.Content) -> Card:
        words = self.words
        card = Card("message", content.kind, words.say(content.kind))
        match content:
            case contents.Text() | contents.Mass():
                return replace(card, text=words.variant(content.text))
            case contents.Image():
                return replace(card, text=content.media_id)
            case contents.News():
                text = words.variant(content.description)
                return replace(card, bold=words.variant(content.title), text=text)
            case contents.MiniProgramCard():
                return replace(card, bold=words.variant(content.title))
            case contents.Menu():
                items = tuple(words.variant(item.text) for item in content.items)
                head, tail = words.variant(content.head), words.variant(content.tail)
                return replace(card, text=head, items=items, last_text=tail)
            case contents.Template() | contents.Notice():
                return replace(card, items=words.data(content.data))
            case _:
                assert_never(content)

    # --- questions -----------------------------------------------------------------------------

    def _question(self, ask: step_types.Ask) -> Card:
        words = self.words
        card = Card("question", "question", text=words.say("listen"))
        if ask.content is not None:
            card = self.message(ask.content)
        items = card.items if ask.parse == "text" else (words.say(f"parse {ask.parse}"),)
        heading = words.say("question", text=ask.name)
        if ask.retries:
            items = (*items, words.say("asked again", n=ask.retries))
        return replace(card, look="question", icon="question", heading=heading, items=items)

    def _unanswered(self, ask: step_types.Ask) -> Iterator[CardPath]:
        yield self._way("no answer", ask.unanswered, ask.within)
        if ask.not_sent:
            yield self._way("not sent", ask.not_sent)

    def _belong_together(self, ask: step_types.Ask, branch: step_types.Branch) -> bool:
        """Whether the branch sends the answers to this question different ways."""
        if not all(_answers_needed(case.when, ask.name) for case in branch.cases):
            return False
        # Those without an answer leave the branch by `otherwise`: no way of their own where it holds steps.
        return not branch.otherwise or all(way.ends for way in self._unanswered(ask))

    def _answered(self, ask: step_types.Ask, branch: step_types.Branch) -> Node:
        """A question with its answers on the ways that they lead to."""
        ways = [CardPath(self._answers(ask, case.when), self.path(case.steps)) for case in branch.cases]
        only_answers = all(_besides(case.when) == Condition() for case in branch.cases)
        ways.append(self._way("any other answer" if only_answers else "otherwise", branch.otherwise))
        return Node(self._question(ask), (*ways, *self._unanswered(ask)))

    def _answers(self, ask: step_types.Ask, when: Condition) -> str:
        words, besides = self.words, _besides(when)
        labels = words.join([words.answer(ask, answer) for answer in _answers_needed(when, ask.name)], "or")
        return labels if besides == Condition() else words.join([labels, words.condition(besides)], "and")

    # --- dates and changes ---------------------------------------------------------------------

    def _moment(self, step: step_types.WaitDate) -> str:
        words = self.words
        phrase = "wait date"
        if step.offset:
            phrase = "wait date before" if step.offset < 0 else "wait date after"
        text = words.say(phrase, name=step.date, text=words.duration(abs(step.offset)) or step.date)
        text = words.say("yearly", text=text) if step.yearly else text
        return text if step.time is None else words.say("moment", text=text, time=words.time(step.time))

    def _chips(self, step: step_types.ChangeStep) -> Iterator[Chip]:
        words = self.words
        match step:
            case step_types.Tag():
                yield from (Chip("tag", tag) for tag in step.tags)
            case step_types.Untag():
                yield from (Chip("untag", tag) for tag in step.tags)
            case step_types.Set():
                for name, value in step.values.items():
                    yield Chip("note", f"{name} = {value}")
            case step_types.Agree() | step_types.Withdraw():
                yield Chip(step.kind, words.say(step.kind, text=step.purpose))
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


def _answers_needed(condition: Condition, question: str) -> tuple[str, ...]:
    """The answers to this question, one of which the condition needs; empty if it needs none, or another.

    One answer may stand beside conditions on the profile, a choice of several may not.
    """
    if condition.answers.keys() == {question} and not condition.any:
        return tuple(answer for answer in condition.answers.values() if isinstance(answer, str))
    if condition != Condition(any=condition.any):
        return ()
    needed = [
        alternative.answers.get(question)
        for alternative in condition.any
        if alternative == Condition(answers=alternative.answers)
    ]
    answers = tuple(answer for answer in needed if isinstance(answer, str))
    return answers if len(answers) == len(condition.any) else ()


def _besides(when: Condition) -> Condition:
    """What a condition that needs an answer needs besides."""
    return Condition() if when.any else replace(when, answers={})
