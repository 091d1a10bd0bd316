"""The fields of infra/programme.yaml."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from wejourney.loyalty.earning_rules import (
    AmountOf,
    AtMost,
    Days,
    EarningRule,
    Multiplier,
    Pending,
    PerProperty,
    Rounding,
)
from wejourney.loyalty.expiry import EndOf, Expiry
from wejourney.loyalty.games import Counts, Every, GameTerms, NamesShown
from wejourney.loyalty.programme import Programme
from workbench.language import forms
from workbench.language.condition_fields import (
    AWAITED_FIELDS,
    AWAITED_PATTERN,
    CONDITION,
    REQUIRED_FIELDS,
    pattern_schema,
)
from workbench.language.forms import Field, Fields, Form, Record
from workbench.language.mistakes import phrase
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node
from workbench.programme.benefit_fields import COUPON, GIFTS, GROUP, OFFER, REDEEM, REFERRALS
from workbench.programme.tier_fields import TIERS
from workbench.programme.values import (
    CAP,
    COUNT,
    FACTOR,
    ISO_DAY,
    JOINS_TODAY,
    PERIOD,
    ROUNDS,
    SHOWN,
    WHOLE_DAYS,
    ZONE,
    enum,
    form_of,
    named,
    read_whole_days,
)

# --- the parts of a rule -------------------------------------------------------------------------

_SETTLEMENT = "settlement"


def _pending(until: str, at_most: int) -> Pending:
    return Pending(at_most, until_settlement=until == _SETTLEMENT)


_UNTIL = Record(
    _pending,
    {
        "until": Field(
            "`settlement`: until WeChat has settled the order of a mini program.",
            forms.choice(_SETTLEMENT),
        ),
        "at_most": Field("How long it waits for that, in whole days.", WHOLE_DAYS),
    },
    "`pending`",
)


def _read_pending(source: Source, node: Node, at: Location, what: str) -> Pending | None:
    if isinstance(node, MappingNode):
        return _UNTIL.read(source, node, at, what)
    return Pending(read_whole_days(source, node, at, what))


_PENDING = Form({"anyOf": [WHOLE_DAYS.schema, _UNTIL.schema()]}, _read_pending)

_AT_MOST = form_of(
    Record(
        AtMost,
        {
            "per_day": Field("Units of the asset per person and day.", CAP),
            "total": Field("Units of the asset per person.", CAP),
            "times": Field("How often the rule gives something to a person.", CAP),
        },
        "`at_most`",
        empty=(phrase("empty", what="`at_most`"), phrase("such as", text="at_most: {per_day: 10}")),
    )
)

_BY_PROPERTY = forms.by_name(COUNT, phrase("such as", text="per_property: {score: 100}"))


def _read_per_property(source: Source, node: Node, at: Location, what: str) -> PerProperty | None:
    found: Mapping[str, Any] = _BY_PROPERTY.read(source, node, at, what)  # type: ignore[assignment]  # by_name reads a mapping
    if len(found) > 1:
        source.give_up(at, node, phrase("one property", what=what), phrase("remove one"))
    return next((PerProperty(name, each) for name, each in found.items()), None)


_DAYS: Fields = {
    "from": Field("The first day, in the programme's zone.", ISO_DAY, "first"),
    "to": Field("The last day, included.", ISO_DAY, "last"),
}


def _read_days(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    written = {name: found[name] for name in _DAYS if name in found}
    values: dict[str, Any] = forms.read_values(source, written, at, _DAYS)
    days = Days(**values)
    if days.last and days.last < days.first:
        source.mistake((*at, "last"), phrase("ends before it begins"), phrase("swap days"))
    return {"days": days}


_OWN_FIELDS: Fields = {
    "gives": Field("How many units of the asset an event gives.", COUNT),
    "asset": Field("Which asset; default: `points`.", forms.LITERAL),
    "per_yuan": Field("It gives them for so many yuan of what was paid, in proportion.", COUNT),
    "amount": Field(
        "Which amount: the `total` (default), or what was paid of it `by_payer` after coupons.",
        enum(AmountOf),
    ),
    "per_property": Field(
        "It gives them for so much of a number that the event has: {property: number}.",
        Form({**_BY_PROPERTY.schema, "maxProperties": 1}, _read_per_property),
    ),
    "round": Field("How parts of a unit are rounded: `down` (default), `half_up` or `up`.", enum(Rounding)),
    "pending": Field(
        "Whole days until it can be spent, or {until: settlement, at_most: duration}.", _PENDING
    ),
    "at_most": Field("What one person gets by it at most.", _AT_MOST),
    "once_per": Field("A property of the event: each value of it gives once.", forms.LITERAL),
    "members_only": Field("Whether only members earn by it.", forms.BOOLEAN),
    "only_the_best": Field(
        "Whether of all rules of an event that say so only the one that gives most does.", forms.BOOLEAN
    ),
}
_RULE_FIELDS: Fields = {**AWAITED_FIELDS, **_OWN_FIELDS, **_DAYS}


def _read_rule_groups(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    values: Mapping[str, object] = AWAITED_PATTERN.read(source, found, at)
    return {**values, **_read_days(source, found, at)}


_RULE = form_of(
    Record(
        EarningRule,
        _RULE_FIELDS,
        "a rule",
        forms.Group({*AWAITED_FIELDS, *_DAYS}, _read_rule_groups, AWAITED_PATTERN.required),
    ),
    **pattern_schema(AWAITED_FIELDS, REQUIRED_FIELDS),
)

# --- the programme -------------------------------------------------------------------------------

_ASSET = form_of(
    Record(
        Expiry,
        {
            "expires": Field(
                "How long members can spend it, such as `12 months`; default: for ever.", PERIOD
            ),
            "unclaimed_expires": Field(
                "How long it waits for people who have not joined; default: for ever.", PERIOD
            ),
            "at_end_of": Field("Until the end of that `day` (default), `month` or `year`.", enum(EndOf)),
        },
        "an asset",
    )
)
_MULTIPLIER = form_of(
    Record(
        Multiplier,
        {
            "rules": Field("The rules that give more.", forms.names("a rule")),
            "times": Field("By what it is multiplied, such as 2 or 1.5.", FACTOR, "hundredths"),
            "when": Field("A condition on the person; default: everybody.", CONDITION),
            "joins": Field(
                "`today`: for people who join the membership on the day of the event.",
                JOINS_TODAY,
                "joins_today",
            ),
            **_DAYS,
        },
        "a multiplier",
        forms.Group(_DAYS, _read_days),
    )
)

_NAMES = form_of(
    Record(
        NamesShown,
        {
            "attribute": Field(
                "The attribute of which others see the first character, such as a nickname.", forms.LITERAL
            ),
            "consent": Field(
                "The purpose that people must have agreed to, of infra/consents.yaml.", forms.LITERAL
            ),
        },
        "`names`",
    )
)
_GAME = form_of(
    Record(
        GameTerms,
        {
            "counts": Field(
                "Which score counts: a person's `best` (default), or the `sum` of all.", enum(Counts)
            ),
            "every": Field("A new board each `day` or `week`; default: one for all days.", enum(Every)),
            "highest": Field("The highest plausible score of a round: a higher one does not count.", CAP),
            "rounds_per_hour": Field("How many rounds of a person count in an hour of the clock.", ROUNDS),
            "first": Field(
                "How many people the board shows, and tells when it has closed: 1 to 100; default: 10.", SHOWN
            ),
            "names": Field("What people see of each other's names; default: nothing.", _NAMES),
            **_DAYS,
        },
        "a game",
        forms.Group(_DAYS, _read_days),
    )
)

PROGRAMME_FIELDS: Fields = {
    "zone": Field("The time zone in which its days begin, such as Asia/Shanghai (default).", ZONE),
    "assets": Field(
        "What people can have: points, stamps, gifts.",
        named(_ASSET, "an asset", "points: {expires: 12 months}"),
    ),
    "rules": Field(
        "What events give.", named(_RULE, "a rule", "purchases: {event: payment, gives: 1, per_yuan: 1}")
    ),
    "multipliers": Field(
        "When, and for whom, rules give more.",
        named(_MULTIPLIER, "a multiplier", "double: {rules: purchases, times: 2}"),
    ),
    "coupons": Field(
        "What coupons take off a sale, by their names, which the step `coupon` issues.",
        named(COUPON, "a coupon", "coupons: {welcome-10: {takes: 10%, valid: 30d}}"),
    ),
    "gifts": Field(
        "Of which assets people can give each other something.",
        named(GIFTS, "an asset", "gifts: {points: {most: 500, returns_after: 7d}}"),
    ),
    "gift_cards": Field(
        "Of which assets your own systems can issue gift cards.",
        named(GIFTS, "an asset", "gift_cards: {points: {most: 5000, returns_after: 365d}}"),
    ),
    "groups": Field(
        "Group-buys, by the names of their offers.",
        named(GROUP, "a group-buy", "groups: {rings: {size: 3, within: 24h}}"),
    ),
    "games": Field(
        "Leader boards, by the names of their games.",
        named(_GAME, "a game", "games: {ring-toss: {highest: 500, rounds_per_hour: 30}}"),
    ),
    "redeem": Field("What points are worth at a till.", REDEEM),
    "tiers": Field("The tiers of people, and what they are reached by.", TIERS),
    "referrals": Field("What people get for the first order of a friend whom they have brought.", REFERRALS),
    "offers": Field(
        "What tills offer people, by the names of the offers.",
        named(OFFER, "an offer", "offers: {tote: {costs: 500, gift: tote, stock: 100}}"),
    ),
}
_PROGRAMME = Record(Programme, PROGRAMME_FIELDS, "the programme")


def read_programme_fields(source: Source, root: Node) -> Programme | None:
    return _PROGRAMME.read(source, root, (), "the programme")


def programme_schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The loyalty programme: infra/programme.yaml.",
        **_PROGRAMME.schema(),
        "$defs": {name: form.schema for name, form in sorted(forms.DEFINITIONS.items(), key=itemgetter(0))},
    }
