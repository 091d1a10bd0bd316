"""What is wrong with a programme whose form is right."""

from collections.abc import Iterator

from wejourney.events.event_types import EVENT_TYPES, EventType, MiniProgramEvent, PointsChanged
from wejourney.events.matching import EventPattern
from wejourney.events.mini_program_events import FORMS
from wejourney.loyalty.earning_rules import AmountOf, EarningRule, Multiplier
from wejourney.loyalty.programme import Programme
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from workbench.checks.conditions import check_pattern
from workbench.checks.people_fields import PROFILE
from workbench.checks.purposes import CONSENTS, Purposes
from workbench.language.mistakes import nearest, phrase
from workbench.language.source import Location, Source
from workbench.programme.benefit_checks import check_benefits, check_pending, check_person_condition
from workbench.programme.tier_fields import check_tiers
from workbench.proof.deeds import FOLLOWS, may_be_caused, may_be_share

TAKES_BACK = ("refund", "order.returned")

_REMOVE = phrase("remove it")


def check_programme(programme: Programme, source: Source, profile: ProfileModel = ANY_PROFILE) -> None:
    """Add the mistakes."""
    for name, rule in programme.rules.items():
        _check_rule(rule, programme, source, ("rules", name))
    for at in members_only(programme):
        if not profile.membership:
            hint = phrase("such as", text="membership: true")
            source.mistake(at, phrase("no membership", file=CONSENTS.as_posix()), hint)
    for name, multiplier in programme.multipliers.items():
        _check_multiplier(multiplier, programme, profile, source, ("multipliers", name))
    check_benefits(programme, profile, source)
    check_tiers(programme.tiers, source, profile)


def check_names_shown(
    programme: Programme, profile: ProfileModel, purposes: Purposes, source: Source
) -> None:
    """Add the mistakes of what leader boards show of people's names."""
    for name, game in programme.games.items():
        if game.names is None:
            continue
        at, attribute, consent = ("games", name, "names"), game.names.attribute, game.names.consent
        if not profile.allows(attribute):
            message = phrase("undeclared attribute", name=attribute, file=PROFILE.as_posix())
            source.mistake((*at, "attribute"), message, nearest(attribute, profile.attributes))
        elif profile.is_private(attribute):
            hint = phrase("name another attribute")
            source.mistake((*at, "attribute"), phrase("private on a board", name=attribute), hint)
        if not purposes.mistakes and consent not in purposes.by_name:
            message = phrase("undeclared purpose", name=consent, file=CONSENTS.as_posix())
            source.mistake((*at, "consent"), message, nearest(consent, purposes.by_name))


def members_only(programme: Programme) -> Iterator[Location]:
    """Where something is only for members, or for who becomes one."""
    yield from (
        ("rules", name, "members_only") for name, rule in programme.rules.items() if rule.members_only
    )
    for section in ("multipliers", "offers"):
        for name, one in getattr(programme, section).items():
            if one.joins_today:
                yield section, name, "joins_today"
    if programme.tiers.members_only:
        yield "tiers", "members_only"


def _check_rule(rule: EarningRule, programme: Programme, source: Source, at: Location) -> None:
    check_pattern(rule.pattern, source, (*at, "pattern"))
    if _is_forbidden(rule.pattern, source, (*at, "pattern")):
        return
    if rule.asset not in programme.assets:
        where = (*at, "asset") if (*at, "asset") in source else (*at, "gives")
        hint = nearest(rule.asset, programme.assets) or phrase(
            "such as", text="assets: {points: {expires: 12 months}}"
        )
        source.mistake(where, phrase("undeclared asset", name=rule.asset), hint)
    _check_amounts(rule, source, at)
    _check_properties(rule, source, at)
    most = rule.at_most
    if most.per_day is not None and most.total is not None and most.per_day > most.total:
        source.mistake((*at, "at_most", "per_day"), phrase("cap above total"), phrase("swap caps"))
    if rule.pending is not None and (expiry := programme.assets.get(rule.asset)) is not None:
        place = (*at, "pending", "at_most") if rule.pending.until_settlement else (*at, "pending")
        check_pending(rule.pending.days, expiry, source, place)
    if rule.pending is not None and rule.pending.until_settlement and rule.pattern.event != "payment":
        source.mistake((*at, "pending", "until"), phrase("no settlement", event=rule.pattern.event), _REMOVE)


def _is_forbidden(pattern: EventPattern, source: Source, at: Location) -> bool:
    """Whether nothing may be earned by such an event; adds the mistake."""
    where = (*at, "event")
    if pattern.event in FOLLOWS:
        source.mistake(where, phrase("rewarded follow", event=pattern.event), phrase("reward joining"))
    elif may_be_share(pattern):
        where = (*at, "name") if pattern.name is not None else where
        source.mistake(where, phrase("rewarded share"), phrase("reward what friends do"))
    elif pattern.event in TAKES_BACK:
        source.mistake(where, phrase("rewarded return", event=pattern.event), _REMOVE)
    elif pattern.event == PointsChanged.kind:
        source.mistake(where, phrase("points by points"), _REMOVE)
    elif may_be_caused(pattern):
        source.mistake(where, phrase("rewarded journey", event=pattern.event), phrase("reward joining"))
    else:
        return False
    return True


def _check_amounts(rule: EarningRule, source: Source, at: Location) -> None:
    type_ = EVENT_TYPES[rule.pattern.event]
    if rule.per_yuan is not None and rule.per_property is not None:
        message = phrase("exclusive fields", other="per_yuan", name="per_property")
        source.mistake((*at, "per_property"), message, phrase("remove one"))
    if rule.per_yuan is not None and not _is_paid(type_):
        source.mistake((*at, "per_yuan"), phrase("no amount", event=rule.pattern.event), _REMOVE)
    elif (*at, "amount") in source and rule.per_yuan is None:
        source.mistake((*at, "amount"), phrase("amount of nothing"), phrase("such as", text="per_yuan: 1"))
    elif rule.amount is AmountOf.BY_PAYER and "by_payer" not in type_.fields:
        source.mistake((*at, "amount"), phrase("no part by payer", event=rule.pattern.event), _REMOVE)


def _is_paid(type_: EventType) -> bool:
    return any(spec.unit == "fen" for spec in type_.fields.values())


def _check_properties(rule: EarningRule, source: Source, at: Location) -> None:
    if rule.per_property is not None:
        name, where = rule.per_property.name, (*at, "per_property", rule.per_property.name)
        numbers = _numbers_of(rule.pattern)
        if numbers is not None and name not in numbers:
            message = phrase("no such number", event=_event_of(rule.pattern), name=name)
            source.mistake_in_name(where, message, nearest(name, numbers))
    if rule.once_per:
        names = _texts_of(rule.pattern)
        if names is not None and rule.once_per not in names:
            message = phrase("no such property", event=_event_of(rule.pattern), name=rule.once_per)
            source.mistake((*at, "once_per"), message, nearest(rule.once_per, names))


def _event_of(pattern: EventPattern) -> str:
    return pattern.name or pattern.event


def _numbers_of(pattern: EventPattern) -> tuple[str, ...] | None:
    """The properties of the events that are numbers; None: they can have any."""
    if pattern.event != MiniProgramEvent.kind:
        type_ = EVENT_TYPES[pattern.event]
        names = type_.body.property_names or ()
        return tuple(name for name in names if type_.fields[name].unit is None)
    form = FORMS.get(pattern.name or "")
    if form is None:
        return None
    return tuple(name for name, kind in {**form.required, **form.optional}.items() if kind == "number")


def _texts_of(pattern: EventPattern) -> tuple[str, ...] | None:
    """What the events can say that each value of it gives once; None: anything."""
    type_ = EVENT_TYPES[pattern.event]
    texts = tuple(name for name, spec in type_.fields.items() if spec.fits("a text"))
    if pattern.event != MiniProgramEvent.kind:
        return texts
    form = FORMS.get(pattern.name or "")
    return None if form is None else (*form.required, *form.optional, *texts)


def _check_multiplier(
    multiplier: Multiplier, programme: Programme, profile: ProfileModel, source: Source, at: Location
) -> None:
    for i, name in enumerate(multiplier.rules):
        if name not in programme.rules:
            message = phrase("undeclared rule", name=name)
            source.mistake((*at, "rules", i), message, nearest(name, programme.rules))
    check_person_condition(multiplier.when, programme, profile, source, (*at, "when"))
