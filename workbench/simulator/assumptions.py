"""What the numbers of a population rest on, in lines of text: its rates, and what happens to nobody."""

from collections.abc import Container, Iterator, Mapping

from wejourney.events import event_types
from wejourney.messaging.contents import Menu, Notice
from wejourney.messaging.merge_fields import OTHER
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Tag
from workbench.language.traversal import contents_of, patterns_of, steps_of
from workbench.proof.facts import Key
from workbench.simulator.rates import AnswerRate, Rates
from workbench.simulator.spread import LANGUAGE, MEMBER, SCENE, SOURCE, Spread, Value
from workbench.wording.journey_parts import Wording
from workbench.wording.picture_phrases import Language
from workbench.wording.report_phrases import ASSUMED_WORDS

_DONE_BY_NOBODY = frozenset(
    name for name in event_types.NARROWING_FIELDS if not event_types.EVENT_TYPES[name].caused_by_runs
) - {
    event_types.Followed.kind,
    event_types.TextReceived.kind,
    *event_types.OF_THE_CALENDAR,
}
"""What the people of a population never do, unless the journey begins with it."""


def assumptions(journey: Journey, rates: Rates, language: Language) -> list[str]:
    """The lines to read before the funnel."""
    words, wording = ASSUMED_WORDS[language], Wording(language)
    values = Spread.of(journey).values
    has_notice = any(isinstance(content, Notice) for _, content in contents_of(journey))
    lines = [
        *_answers(journey, rates, words, wording),
        *(
            words["act"].format(
                act=wording.received(act.body), percent=act.percent, half=wording.duration(act.half_after)
            )
            for act in rates.acts
        ),
        words["unfollow"].format(percent=rates.unfollow, half=wording.duration(rates.unfollow_half_after)),
        *(
            words[name].format(shares=_shares(shares, wording))
            for name, shares in {**vars(rates), "languages": rates.languages_of(values)}.items()
            if name in ("languages", "sources", "scenes") and shares
        ),
        *([words["members"].format(percent=rates.members)] if rates.members else []),
        *_spread(values, rates, words, wording),
        *(
            words["date"].format(name=name, first=first, last=last)
            for name, (first, last) in rates.days(journey).items()
        ),
        *(
            words["consents"].format(purpose=purpose, percent=percent)
            for purpose, percent in rates.consents_of(journey).items()
        ),
        *([words["grants"]] if has_notice else []),
        *_never(journey, {act.body.kind for act in rates.acts}, words, wording),
    ]
    return [words["assumed"], *(f"  {line}" for line in lines)]


def _spread(
    values: Mapping[Key, tuple[Value, ...]], rates: Rates, words: Mapping[str, str], wording: Wording
) -> Iterator[str]:
    """What no rates say, and the journey tells apart: people differ in it evenly."""
    given = {SOURCE: rates.sources, LANGUAGE: rates.languages, SCENE: rates.scenes}
    halves = []
    for key, known in values.items():
        kind, *name = key
        if len(known) == 1 or given.get(key) or (key == MEMBER and rates.members is not None):
            continue
        if kind == "answer":
            if rates.of(name[0]).choices or OTHER not in known:
                continue
            values_of = (words["any other answer"] if value == OTHER else str(value) for value in known)
        elif set(known) == {True, False}:
            halves.append(words[f"half {kind}"].format(name=(name or [""])[0]))
            continue
        else:
            values_of = (_named_value(key, value, words, wording) for value in known)
        what = words[f"spread {kind}"].format(name=(name or [""])[0])
        yield words["spread"].format(what=what, values=wording.join(values_of))
    if halves:
        yield words["halves"].format(facts=wording.join(halves))


def _named_value(key: Key, value: Value, words: Mapping[str, str], wording: Wording) -> str:
    if value is None:
        return words["no scene"] if key == SCENE else wording.say("not known")
    if value == OTHER:
        return words["any other value"]
    return wording.source(str(value)) if key == SOURCE else str(value)


def _answers(journey: Journey, rates: Rates, words: Mapping[str, str], wording: Wording) -> Iterator[str]:
    asks = {step.name: step for _, step in steps_of(journey) if isinstance(step, Ask)}
    own = {name: rates.answers[name] for name in asks if name in rates.answers}
    for name, rate in own.items():
        yield _answer(name, rate, words, wording)
    if len(own) < len(asks):
        yield _answer(words["any other" if own else "a question"], rates.otherwise, words, wording)
    tapped = {rates.of(name).tapped for name, ask in asks.items() if isinstance(ask.content, Menu)}
    for percent in sorted(tapped):
        yield words["tapped"].format(percent=percent)


def _answer(name: str, rate: AnswerRate, words: Mapping[str, str], wording: Wording) -> str:
    choices = words["choices"].format(shares=_shares(rate.choices, wording)) if rate.choices else ""
    half = wording.duration(rate.half_after)
    return words["answer"].format(question=name, percent=rate.answered, half=half, choices=choices)


def _shares(shares: Mapping[str, int], wording: Wording) -> str:
    return wording.join([f"{name} {wording.say('percent', n=percent)}" for name, percent in shares.items()])


def _never(
    journey: Journey, done: Container[str], words: Mapping[str, str], wording: Wording
) -> Iterator[str]:
    """The events that the journey waits for or looks at, and that the rates know nothing of."""
    tags = {tag for _, step in steps_of(journey) if isinstance(step, Tag) for tag in step.tags}
    events = dict.fromkeys(
        wording.awaited(pattern)
        for _, pattern in patterns_of(journey)
        if pattern.event != journey.trigger.event
        and pattern.event not in done
        and (
            pattern.event in _DONE_BY_NOBODY
            or (pattern.event == event_types.TextReceived.kind and pattern.keywords)
            or (pattern.event == event_types.TagAdded.kind and pattern.name not in tags)
        )
    )
    if events:
        yield words["never"].format(events=wording.join(list(events)))
