"""Many people who earn by a programme: made up one by one from rates, the same for the same seed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import EventBody
from wejourney.loyalty.earning import Earner, Earning, earnings
from wejourney.loyalty.limits import used_by
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from workbench.language.mistakes import FileReading, phrase
from workbench.language.parse_values import listed, percent, whole_number
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import Node
from workbench.simulator.rates import ACTS, ALL
from workbench.simulator.scripted_events import NO_ACT, act_fields, read_body

MOST_DAYS, MOST_TIMES = 730, 1_000
_OF_AN_ACT = ("percent", "times")
_FIELDS = ("days", "members", "tiers", "acts")


@dataclass(frozen=True)
class Act:
    """What some percent of the people do, each of them so many times."""

    body: EventBody
    percent: int = ALL
    times: int = 1


@dataclass(frozen=True)
class Earners:
    """How people live for some `days`. `members` and the shares of `tiers` are in percent."""

    acts: tuple[Act, ...] = ()
    days: int = 365
    members: int = ALL
    tiers: Mapping[str, int] = field(default_factory=dict)


def read_earners(path: Path) -> FileReading[Earners]:
    """Read a file of rates. Raises OSError."""
    source = Source(str(path))
    root = source.read(path)
    earners = _earners(source, root) if root is not None else None
    return FileReading.of(earners, source.mistakes)


def _earners(source: Source, root: Node) -> Earners:
    fields = source.fields(root, (), _FIELDS, "rates")
    tiers = source.fields(fields["tiers"], ("tiers",), None, "`tiers`") if "tiers" in fields else {}
    shares = {name: _percent(source, node, ("tiers", name)) for name, node in tiers.items()}
    if sum(shares.values()) > ALL:
        source.mistake(("tiers",), phrase("above 100", name="tiers"), phrase("at most 100"))
    return Earners(
        listed(source, fields, "acts", _act),
        _number(source, fields, "days", (), MOST_DAYS, Earners.days),
        _percent(source, fields["members"], ("members",)) if "members" in fields else ALL,
        shares,
    )


def _act(source: Source, node: Node, at: Location) -> Act:
    fields, act = act_fields(source, node, at, _OF_AN_ACT, ACTS)
    share = _percent(source, fields["percent"], (*at, "percent")) if "percent" in fields else ALL
    times = _number(source, fields, "times", at, MOST_TIMES, 1)
    return Act(NO_ACT if act is None else read_body(source, act, fields[act], (*at, act)), share, times)


def _percent(source: Source, node: Node, at: Location) -> int:
    value = percent(source, node, at, f"`{at[-1]}`")
    if value > ALL:
        source.mistake(at, phrase("above 100", name=str(at[-1])), phrase("at most 100"))
    return value


def _number(
    source: Source, fields: Mapping[str, Node], name: str, at: Location, most: int, default: int
) -> int:
    if name not in fields:
        return default
    where, what = (*at, name), f"`{name}`"
    value = whole_number(source, fields[name], where, what, least=1)
    if value > most:
        source.mistake(where, phrase("out of range", what=what), phrase("at most number", n=most))
    return value


@dataclass
class RuleResult:
    """What a rule has given: to how many people, how often, how much, and why it gave nothing."""

    asset: str
    people: int = 0
    times: int = 0
    amount: int = 0
    nothing: Counter[str] = field(default_factory=Counter)


def played(
    programme: Programme, earners: Earners, people: int, seed: int, now: datetime
) -> dict[str, RuleResult]:
    """What each rule gives people who live until `now`."""
    results = {name: RuleResult(rule.asset) for name, rule in programme.rules.items()}
    for number in range(people):
        chance = Random(f"{seed}/{number}")  # noqa: S311 - no secret hangs on it
        is_member = chance.randrange(ALL) < earners.members
        name = f"person-{seed}-{number}"
        person = Follower("wx0", name, name, member=is_member, tier=_tier(earners, chance))
        earner = Earner(is_member, may_spend=is_member, person=person)
        _live(programme, results, earner, _events(earners, name, chance, now))
    return results


def _live(
    programme: Programme, results: Mapping[str, RuleResult], earner: Earner, events: list[InboundEvent]
) -> None:
    used, given, earned = Counter[str](), set[str](), set[str]()
    for event in events:
        for found in earnings(programme, event, event.subject.openid, earner, used):
            result = results[found.rule]
            if not isinstance(found, Earning):
                result.nothing[found.why] += 1
            elif found.id not in given:
                given.add(found.id)
                used.update(used_by(found.limits, found.amount))
                result.times += 1
                result.amount += found.amount
                result.people += found.rule not in earned
                earned.add(found.rule)


def _tier(earners: Earners, chance: Random) -> str | None:
    drawn = chance.randrange(ALL)
    for name, share in earners.tiers.items():
        if drawn < share:
            return name
        drawn -= share
    return None


def _events(earners: Earners, name: str, chance: Random, now: datetime) -> list[InboundEvent]:
    made = sorted(_acts(earners, chance), key=lambda one: one[0])
    subject = Subject("wx0", name)
    return [
        own_event(body, str(number), subject, now - timedelta(seconds=ago))
        for number, (ago, body) in enumerate(reversed(made))
    ]


def _acts(earners: Earners, chance: Random) -> Iterator[tuple[int, EventBody]]:
    """What somebody does, and how many seconds ago."""
    for act in earners.acts:
        if chance.randrange(ALL) < act.percent:
            for _ in range(act.times):
                yield chance.randrange(earners.days * 86_400), act.body
