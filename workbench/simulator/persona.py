"""Personas: small files that say who somebody is, what they do when, and how they answer.

They are read with the same care as journeys: every mistake has its line and column, and what would be right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from wejourney.loyalty.balance import AMOUNTS, EXPIRES_ON, NO_BALANCE, POINTS, Balance
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.consents import Consent
from wejourney.people.counters import DailyAmounts
from wejourney.people.followers import Follower, WeChatUserInfo
from wejourney.people.lifecycle import Cause, Stage
from wejourney.people.profile_dates import is_date
from wejourney.people.profile_fields import FIELDS, YES_OR_NO_FIELDS
from wejourney.plain_data import changed
from wejourney.time_zones import is_time_zone
from workbench.language import parse_values
from workbench.language.mistakes import FileReading, nearest, phrase
from workbench.language.parse_values import entries, listed, whole_number
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import Node
from workbench.simulator.deployment import Person, ScriptedEvent
from workbench.simulator.scripted_events import TAP, read_act

STARTS = datetime(2026, 11, 23, 10)  # noqa: DTZ001 - wherever the person is
"""When a persona's life begins unless it says so itself: a Monday, so that transcripts stay the same."""

_YEARS = range(1990, 2100)
"""When a life can begin."""

LONG_AGO = datetime(1, 1, 3, tzinfo=UTC)
"""It has a day in every time zone."""

_FIELDS = (
    *("name", "about", "starts", *FIELDS, "tags", "segments", "points", "balances", "attributes", "dates"),
    *("consents", "grants", "stage", "counters", "acts", "answers"),
)


def agreed_to(purposes: Iterable[str]) -> dict[str, Consent]:
    """Consents that were given before the simulation begins."""
    return dict.fromkeys(purposes, Consent(given=True, at=LONG_AGO))


@dataclass(frozen=True)
class Persona:
    """Who somebody is; `person` puts them into an account. `starts` is the time of their own clock."""

    name: str
    about: Mapping[str, str] = field(default_factory=dict)
    starts: datetime = STARTS
    profile: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    language: str | None = None
    grants: Mapping[str, int] = field(default_factory=dict)
    acts: tuple[ScriptedEvent, ...] = ()
    answers: Mapping[str, ScriptedEvent] = field(default_factory=dict)

    def person(self, account: AccountSettings) -> Person:
        """This persona as a follower of an account, before their first act."""
        zone = ZoneInfo(self.profile.get("time_zone") or account.time_zone)
        return Person(
            name=self.name,
            start=self.starts.replace(tzinfo=zone).astimezone(UTC),
            before=Follower(account.app_id, self.name, self.name, lots=self.name, **self.profile),
            acts=self.acts,
            answers=self.answers,
            known=WeChatUserInfo(source=self.source, language=self.language),
            grants=self.grants,
        )


def read_persona(path: Path, shown_as: str | None = None) -> FileReading[Persona]:
    """Read a persona's file. Raises OSError."""
    source = Source(shown_as or str(path))
    root = source.read(path)
    persona = _persona(source, root, path.stem) if root is not None else None
    return FileReading.of(persona, source.mistakes)


def _persona(source: Source, root: Node, stem: str) -> Persona:
    fields = source.fields(root, (), _FIELDS, "a persona")
    acts = listed(source, fields, "acts", read_act)
    language = _language(source, fields)
    return Persona(
        name=source.string(fields["name"], ("name",), "`name`") if "name" in fields else stem,
        about=entries(source, fields, "about", _text),
        starts=_starts(source, fields),
        profile={**_profile(source, fields), **({"language": language} if language else {})},
        source=next((origin for _, origin in acts if origin), None),
        language=language,
        grants=entries(source, fields, "grants", _number),
        acts=tuple(event for event, _ in acts),
        answers=entries(source, fields, "answers", _answer),
    )


def _text(source: Source, node: Node, at: Location) -> str:
    return source.string(node, at, "a value")


def _number(source: Source, node: Node, at: Location) -> int:
    return whole_number(source, node, at, "a number")


def _answer(source: Source, node: Node, at: Location) -> ScriptedEvent:
    return read_act(source, node, at, ("say", TAP), when=("in",))[0]


def _starts(source: Source, fields: Mapping[str, Node]) -> datetime:
    if "starts" not in fields:
        return STARTS
    text = source.string(fields["starts"], ("starts",), "`starts`")
    try:
        starts = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        starts = datetime.min  # noqa: DTZ901 - before all that is allowed
    if starts.year not in _YEARS:
        source.mistake(("starts",), phrase("invalid date", text=text), phrase("start form"))
        return STARTS
    return starts


def _language(source: Source, fields: Mapping[str, Node]) -> str | None:
    if "language" not in fields:
        return None
    return parse_values.language(source, fields["language"], ("language",), "`language`")


def _profile(source: Source, fields: Mapping[str, Node]) -> dict[str, Any]:
    profile: dict[str, Any] = {}
    for name in YES_OR_NO_FIELDS:
        if name in fields:
            value = source.scalar(fields[name], (name,), f"`{name}`")
            if not isinstance(value, bool):
                source.mistake((name,), phrase("name true or false", name=name))
            profile[name] = value
    for name in ("tags", "segments"):
        if name in fields:
            profile[name] = frozenset(source.strings(fields[name], (name,), f"`{name}`", f"one of `{name}`"))
    if "consents" in fields:
        purposes = source.strings(fields["consents"], ("consents",), "`consents`", "one of `consents`")
        profile["consents"] = agreed_to(purposes)
    if "tier" in fields:
        profile["tier"] = source.string(fields["tier"], ("tier",), "`tier`")
    profile["balances"] = balances = entries(source, fields, "balances", _balance)
    if "points" in fields:
        available = whole_number(source, fields["points"], ("points",), "`points`", least=0)
        balances[POINTS] = replace(balances.get(POINTS, NO_BALANCE), available=available)
    profile["points"] = balances.get(POINTS, NO_BALANCE).available
    if "time_zone" in fields:
        profile["time_zone"] = _zone(source, fields["time_zone"])
    attributes, dates = entries(source, fields, "attributes", _text), entries(source, fields, "dates", _date)
    counts = entries(source, fields, "counters", _amounts)
    return {**profile, **_stage(source, fields), "attributes": attributes, "dates": dates, "counts": counts}


def _balance(source: Source, node: Node, at: Location) -> Balance:
    """What they have of an asset, by the parts that merge fields name."""
    found = source.fields(node, at, (*AMOUNTS, EXPIRES_ON), "a balance")
    amounts = {
        part: whole_number(source, found[part], (*at, part), f"`{part}`", least=0)
        for part in AMOUNTS
        if part in found
    }
    ends = _date(source, found[EXPIRES_ON], (*at, EXPIRES_ON)) if EXPIRES_ON in found else ""
    return changed(NO_BALANCE, **amounts, expires_on=ends)


def _amounts(source: Source, node: Node, at: Location) -> DailyAmounts:
    """What was counted, by days."""
    by_day: dict[int, int] = {}
    for text, amount in source.fields(node, at, None, "a counter").items():
        try:
            day = date.fromisoformat(text).toordinal()
        except ValueError:
            source.mistake((*at, text), phrase("invalid date", text=text), phrase("date form", date=STARTS))
        else:
            by_day[day] = whole_number(source, amount, (*at, text), "a number")
    return DailyAmounts.of(by_day.items())


def _stage(source: Source, fields: Mapping[str, Node]) -> dict[str, Any]:
    """The stage, reached long ago through all stages before it."""
    if "stage" not in fields:
        return {}
    name, stages = source.string(fields["stage"], ("stage",), "`stage`"), list(Stage)
    if name not in stages:
        source.mistake(("stage",), phrase("unknown stage", name=name), nearest(name, stages))
        return {}
    before = Cause(datetime.min.replace(tzinfo=UTC), "")
    signs = dict.fromkeys(stages[1 : stages.index(Stage(name)) + 1], before)
    return {"stage": Stage(name), "stage_signs": signs}


def _zone(source: Source, node: Node) -> str:
    zone = source.string(node, ("time_zone",), "`time_zone`")
    if not is_time_zone(zone):
        source.mistake(("time_zone",), phrase("unknown time zone", zone=zone), phrase("time zone example"))
        return "UTC"
    return zone


def _date(source: Source, node: Node, at: Location) -> str:
    date = _text(source, node, at)
    if not is_date(date):
        source.mistake(at, phrase("invalid date", text=date), phrase("date form", date=STARTS))
    return date
