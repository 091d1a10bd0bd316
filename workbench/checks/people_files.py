"""Reading infra/profile.yaml and infra/segments: what is to be known of people, and every mistake in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from wejourney.events.event_types import EVENT_TYPES, OWN, PointsChanged, ProfileChanged, TagAdded
from wejourney.journeys.definition import Condition
from wejourney.journeys.segments import NO_RULES, PeopleRules, patterns_of
from wejourney.people.bookings import BOOKING_TIME
from wejourney.people.lifecycle import Stage
from wejourney.people.profile_fields import FIELDS
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.plain_data import non_default_fields
from workbench.checks.bookings import known_booking_times
from workbench.checks.conditions import check_condition, check_known_name, check_pattern
from workbench.checks.people_fields import PROFILE, read_profile, read_segment
from workbench.checks.private_values import check_purpose
from workbench.checks.profile_facts import check_profile_facts, declared, undeclared
from workbench.checks.purposes import ROLES, read_purposes
from workbench.language.mistakes import Mistake, nearest, phrase
from workbench.language.parse_values import FILE_NAME
from workbench.language.reading import Reading, folder_around
from workbench.language.source import Location, Source
from workbench.language.step_types import Set
from workbench.language.traversal import conditions_in, conditions_of, steps_of

SEGMENTS = Path("infra/segments")

MOST_COUNTERS, MOST_ATTRIBUTES, MOST_SEGMENTS = 12, 100, 20
"""The first two are in a person's row, which every event reads. Each segment that an event moves a person
into or out of takes 2 of the 100 writes of its transaction, and a merge moves two people.
"""

_BOUNDS = 4
_NOT_OF_A_PERSON = {"answers": "answer", "events": "event", "offers": "offer", "segments": "segment"}
"""What a segment's condition cannot look at: a run, the timeline, other segments."""


@dataclass(frozen=True)
class PeopleFiles:
    """What the files declare; `rules` is complete only without mistakes."""

    rules: PeopleRules = NO_RULES
    mistakes: tuple[Mistake, ...] = ()


def people_files_for(path: Path) -> PeopleFiles:
    """Those of the repository around a file. Raises OSError."""
    root = folder_around(path, SEGMENTS.parent)
    return PeopleFiles() if root is None else read_people_files(root)


def read_people_files(root: Path) -> PeopleFiles:
    """Read and check the files of a repository. Raises OSError."""
    mistakes: list[Mistake] = []
    purposes = read_purposes(root)
    private_purpose, membership = map(purposes.name_of, ROLES)
    profile = replace(ANY_PROFILE, private_purpose=private_purpose, membership=membership)
    if (root / PROFILE).is_file():
        source = Source(PROFILE.as_posix())
        node = source.read(root / PROFILE)
        found = None if node is None else read_profile(source, node)
        if found is not None and not source.broken:
            profile = replace(found, private_purpose=private_purpose, membership=membership)
            _check_profile(profile, source)
            check_purpose(profile, purposes, source)
        mistakes += source.mistakes
    segments: dict[str, Condition] = {}
    for path in filter(Path.is_file, sorted((root / SEGMENTS).glob("*.y*ml"))):
        source = Source((SEGMENTS / path.name).as_posix())
        if path.suffix != ".yaml" or not FILE_NAME.match(path.stem):
            source.mistake(
                (), phrase("invalid segment file name", name=path.name), phrase("segment name form")
            )
        node = source.read(path)
        when = None if node is None else read_segment(source, node)
        if when is not None and not source.broken:
            _check_segment(when, profile, source)
            segments[path.stem] = when
        if len(segments) > MOST_SEGMENTS:
            source.mistake((), phrase("too many segments", most=MOST_SEGMENTS))
        mistakes += source.mistakes
    rules = PeopleRules(profile, segments, tuple(sorted(_subscribed_kinds(profile, segments.values()))))
    return PeopleFiles(rules, tuple(sorted(set(mistakes))))


def _subscribed_kinds(profile: ProfileModel, segments: Iterable[Condition]) -> frozenset[str]:
    """The events of our own that change a counter or a stage, or after which a segment is looked at again."""
    kinds = OWN.intersection(pattern.event for pattern in patterns_of(profile))
    parts = [part for when in segments for _, part in conditions_in(when, ())]
    if any(non_default_fields(part).keys() - {"counters", "stage", "any", "none"} for part in parts):
        kinds |= {TagAdded.kind, ProfileChanged.kind}
    if any(part.looks_at_balances for part in parts):
        kinds |= {PointsChanged.kind}
    return kinds


# --- the profile ---------------------------------------------------------------------------------


def _check_profile(profile: ProfileModel, source: Source) -> None:
    for what, names, most in (
        ("an attribute", profile.attributes, MOST_ATTRIBUTES),
        ("a counter", profile.counters, MOST_COUNTERS),
    ):
        at = ("attributes",) if what == "an attribute" else ("counters",)
        for name in names:
            check_known_name(name, what, source, (*at, name))
            if name in FIELDS:
                source.mistake_in_name((*at, name), phrase("name of a field", name=name))
        if len(names) > most:
            source.mistake(at, phrase("too many names", n=len(names), most=most))
    for name, counted_events in profile.counters.items():
        for i, one in enumerate(counted_events):
            here = ("counters", name, i)
            check_pattern(one.pattern, source, (*here, "pattern"))
            units = {spec.unit for spec in EVENT_TYPES[one.pattern.event].fields.values()}
            if one.amount and "fen" not in units:
                message = phrase("no amount", event=one.pattern.event)
                source.mistake((*here, "amount"), message, phrase("remove it"))
    _check_stages(profile, source)
    _check_rfm(profile, source)


def _check_stages(profile: ProfileModel, source: Source) -> None:
    order = list(Stage)
    for name, rule in profile.stages.items():
        at = ("stages", name)
        if name not in order[1:]:
            source.mistake_in_name(at, phrase("unknown stage", name=name), nearest(name, order[1:]))
            continue
        for i, before in enumerate(rule.after):
            if order.index(before) >= order.index(Stage(name)):
                source.mistake((*at, "after", i), phrase("stage order", name=name, before=before))
            elif before != Stage.AWARE and before not in profile.stages:
                source.mistake((*at, "after", i), phrase("stage of nobody", name=before))
        for i, pattern in enumerate(rule.events):
            check_pattern(pattern, source, (*at, "events", i, "pattern"))


def _check_rfm(profile: ProfileModel, source: Source) -> None:
    if profile.rfm is None:
        return
    for name in ("orders", "spend"):
        _check_counter(getattr(profile.rfm, name), profile, source, ("rfm", name))
    for name in ("recency", "frequency", "monetary"):
        bounds = getattr(profile.rfm, name)
        is_rising = all(low < high for low, high in pairwise((-1, *bounds)))
        if len(bounds) != _BOUNDS or not is_rising:
            source.mistake(("rfm", name), phrase("not rising", name=name, n=_BOUNDS))


def _check_counter(name: str, profile: ProfileModel, source: Source, at: Location) -> None:
    if name not in profile.counters:
        message = phrase("undeclared counter", name=name, file=PROFILE.as_posix())
        source.mistake(at, message, nearest(name, profile.counters))


# --- conditions on what is known --------------------------------------------------------------------


def _check_segment(when: Condition, profile: ProfileModel, source: Source) -> None:
    for at, part in conditions_in(when, ("when",)):
        check_condition(part, source, at)
        for place in known_booking_times(part, source, at):
            source.mistake(place, phrase("no booking", name=BOOKING_TIME), phrase("remove it"))
        for target, name in _NOT_OF_A_PERSON.items():
            if getattr(part, target):
                source.mistake((*at, target), phrase("not in a segment", name=name), phrase("remove it"))
        check_profile_facts(part, profile, source, at)


def undeclared_in(reading: Reading, profile: ProfileModel) -> Iterator[Mistake]:
    """The counters, stages and attributes that a journey looks at, and that no file declares."""
    if reading.journey is None:
        return
    for at, step in steps_of(reading.journey):
        for name, value in step.values.items() if isinstance(step, Set) else ():
            if not profile.allows(name):
                message = phrase("undeclared attribute", name=name, file=PROFILE.as_posix())
                yield reading.mistake_at((*at, "values", name), message, nearest(name, profile.attributes))
            elif name in profile.attributes and value and "{" not in value and profile.expected(name, value):
                kind = phrase(f"{profile.attributes[name]} value")
                message = phrase("value of attribute", name=name, form=kind)
                yield reading.mistake_at((*at, "values", name), message)
    for at, condition in conditions_of(reading.journey):
        for where, what, name in undeclared(condition, profile, at):
            message = phrase(f"undeclared {what}", name=name, file=PROFILE.as_posix())
            yield reading.mistake_at(where, message, nearest(name, declared(profile)[what]))
