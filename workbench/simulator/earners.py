"""Many people who earn by a programme: made up one by one from rates, the same for the same seed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import EventBody, OrderPaid, OrderReturned, Paid, Refunded
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.earning import Earner, Nothing, earnings
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Kind
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel
from wejourney.services.loyalty.ports import Entry
from workbench.language.durations import DAY
from workbench.language.mistakes import FileReading, phrase
from workbench.language.parse_values import listed, percent, whole_number
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import Node
from workbench.simulator.loyalty import SimulatedProgramme
from workbench.simulator.persona import LONG_AGO, agreed_to
from workbench.simulator.rates import ACTS, ALL
from workbench.simulator.scripted_events import NO_ACT, act_fields, read_body

MOST_DAYS, MOST_TIMES = 730, 1_000
_OF_AN_ACT = ("percent", "times", "returned")
_RETURNED_WITHIN = 7 * DAY
"""Seconds: for seven days goods that were bought at a distance can be returned without a reason.

Law of the People's Republic of China on the Protection of Consumer Rights and Interests, article 25.
"""

_MEMBERS = "membership"
"""The purpose that members have agreed to."""

_FIELDS = ("days", "members", "tiers", "acts")


@dataclass(frozen=True)
class Act:
    """What some percent of the people do, each so many times; `returned` percent of it comes back."""

    body: EventBody
    percent: int = ALL
    times: int = 1
    returned: int = 0


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
    returned = _percent(source, fields["returned"], (*at, "returned")) if "returned" in fields else 0
    body = NO_ACT if act is None else read_body(source, act, fields[act], (*at, act))
    if returned and act is not None and not isinstance(body, Paid | OrderPaid):
        source.mistake((*at, "returned"), phrase("not returned", act=act), phrase("remove it"))
    return Act(body, share, times, returned)


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
    """What a rule has given: to how many people, how often, how much, and why it gave nothing.

    `returned` is how much of it returns took back.
    """

    asset: str
    people: int = 0
    times: int = 0
    amount: int = 0
    returned: int = 0
    nothing: Counter[str] = field(default_factory=Counter)


@dataclass
class Results:
    """What each rule gives people, and what these have in the end, by asset and pocket."""

    rules: Mapping[str, RuleResult]
    assets: Mapping[str, Counter[str]]


def played(programme: Programme, earners: Earners, people: int, seed: int, now: datetime) -> Results:
    """What people have who live until `now`."""
    results = Results(
        {name: RuleResult(rule.asset) for name, rule in programme.rules.items()},
        {asset: Counter() for asset in programme.assets},
    )
    rules = PeopleRules(ProfileModel(membership=_MEMBERS)).with_programme(programme)
    for number in range(people):
        chance = Random(f"{seed}/{number}")  # noqa: S311 - no secret hangs on it
        is_member = chance.randrange(ALL) < earners.members
        name, consents = f"person-{seed}-{number}", agreed_to([_MEMBERS] if is_member else ())
        person = Follower("wx0", name, name, member=is_member, tier=_tier(earners, chance), consents=consents)
        _Life(person, rules, results).live(_events(earners, name, chance, now), now)
    return results


class _Life:
    """A person whose events give what the services of a deployment post for them."""

    def __init__(self, person: Follower, rules: PeopleRules, results: Results) -> None:
        self.follower: Follower | None = person
        self.now = LONG_AGO
        self._person, self._rules, self._results = person, rules, results
        self._programme = SimulatedProgramme(self, rules, frozenset())
        self._earned_by = set[str]()

    def live(self, events: Iterable[InboundEvent], until: datetime) -> None:
        for event in events:
            self._go_on(event.at)
            self._count_reasons(event)
            self._programme.earn(event)
        self._go_on(until)
        for (_, asset), books in self._programme.book_rows.by_person.items():
            for lot, amount in books.lots.items():
                self._results.assets[asset][lot.pocket] += amount

    def _go_on(self, until: datetime) -> None:
        """What days bring until then."""
        while (day := self._programme.ahead.next) is not None and day <= until:
            self.now = day
            self._programme.keep()
        self.now = until

    def _count_reasons(self, event: InboundEvent) -> None:
        earner = Earner.of(self.follower or self._person, self._rules.profile)
        books = self._programme.book_rows.by_person.values()
        used = {key: number for one in books for key, number in one.used.items()}
        for found in earnings(self._rules.programme, event, self._person.person_id, earner, used):
            if isinstance(found, Nothing):
                self._results.rules[found.rule].nothing[found.why] += 1

    def posted(self, entry: Entry) -> None:
        moved = entry.transaction
        result = self._results.rules.get(moved.cause.rule)
        if result is None:
            return
        if moved.kind is Kind.EARN:
            result.times += 1
            result.amount += moved.amount
            result.people += moved.cause.rule not in self._earned_by
            self._earned_by.add(moved.cause.rule)
        elif moved.kind is Kind.REVERSE:
            result.returned += moved.amount


def _tier(earners: Earners, chance: Random) -> str | None:
    drawn = chance.randrange(ALL)
    for name, share in earners.tiers.items():
        if drawn < share:
            return name
        drawn -= share
    return None


def _events(earners: Earners, name: str, chance: Random, now: datetime) -> list[InboundEvent]:
    made = sorted(_acts(earners, name, chance), key=lambda one: one[0])
    subject = Subject("wx0", name)
    return [
        own_event(body, str(number), subject, now - timedelta(seconds=ago))
        for number, (ago, body) in enumerate(reversed(made))
        if ago >= 0
    ]


def _acts(earners: Earners, name: str, chance: Random) -> Iterator[tuple[int, EventBody]]:
    """What somebody does, and how many seconds ago; each payment is that of an order of its own."""
    for number, act in enumerate(earners.acts):
        if chance.randrange(ALL) < act.percent:
            for time in range(act.times):
                ago, body = chance.randrange(earners.days * DAY), act.body
                if isinstance(body, Paid | OrderPaid):
                    body = replace(body, order=f"{name}-{number}-{time}")
                yield ago, body
                if act.returned and chance.randrange(ALL) < act.returned:
                    yield ago - chance.randrange(_RETURNED_WITHIN), _return_of(body)


def _return_of(body: EventBody) -> EventBody:
    match body:
        case Paid():
            return Refunded(body.total, body.order, merchant=body.merchant)
        case OrderPaid():
            return OrderReturned(body.total, body.order, "", body.marketplace, body.store, body.currency)
        case _:
            raise TypeError(body.kind)
