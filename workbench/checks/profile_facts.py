"""What a condition looks at that the profile does not have, or keeps sealed."""

from collections.abc import Iterable, Iterator, Mapping

from wejourney.events.values import IsKnown
from wejourney.journeys.definition import Condition
from wejourney.people.lifecycle import Stage
from wejourney.people.profile_model import ProfileModel
from workbench.checks.people_fields import PROFILE
from workbench.language.mistakes import nearest, phrase
from workbench.language.source import Location, Source


def check_profile_facts(part: Condition, profile: ProfileModel, source: Source, at: Location) -> None:
    """Add the mistakes of what one condition looks at that the profile does not have, or keeps sealed."""
    for where, name in compared_in(part, profile, at):
        source.mistake(where, phrase("private compared", name=name), phrase("private is known", name=name))
    for where, what, name in undeclared(part, profile, at):
        message = phrase(f"undeclared {what}", name=name, file=PROFILE.as_posix())
        add = source.mistake if what == "stage" else source.mistake_in_name
        add(where, message, nearest(name, declared(profile)[what]))


def declared(profile: ProfileModel) -> Mapping[str, Iterable[str]]:
    """The names that the profile has, by what they are."""
    return {
        "counter": profile.counters.keys(),
        "stage": (Stage.AWARE, *profile.stages),
        "attribute": profile.attributes.keys(),
    }


def undeclared(
    condition: Condition, profile: ProfileModel, at: Location
) -> Iterator[tuple[Location, str, str]]:
    """Where something is named that the profile does not have, what it is, and its name."""
    known = declared(profile)
    for test in condition.counters:
        if test.name not in known["counter"]:
            yield (*at, "counters", test.name), "counter", test.name
    if condition.stage is not None and condition.stage not in known["stage"]:
        yield (*at, "stage"), "stage", condition.stage
    for name in condition.attributes:
        if not profile.allows(name):
            yield (*at, "attributes", name), "attribute", name


def compared_in(condition: Condition, profile: ProfileModel, at: Location) -> Iterator[tuple[Location, str]]:
    """Where a condition wants more of a private attribute than that it is known."""
    for name, wanted in condition.attributes.items():
        if profile.is_private(name) and not isinstance(wanted, IsKnown):
            yield (*at, "attributes", name), name
