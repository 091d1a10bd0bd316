"""A new event type is one class of the registry: everything else that knows events takes it from there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from tests.support.builders import own
from tests.support.events import RIGHT, body
from wejourney.errors import MalformedEventError
from wejourney.events.event import InboundEvent, check_event
from wejourney.events.event_fields import Key, Name
from wejourney.events.event_types import (
    EVENT_TYPES,
    NARROWING_FIELDS,
    OWN,
    EventFields,
    OtherEvent,
    Source,
    TagAdded,
    _register,
)
from wejourney.wire.json_api import RequestRejectedError, conform
from wejourney.wire.people_api.schemas import KEY, NAME

ROOT = Path(__file__).parents[4]
RUNTIME = "layers/shared/python/wejourney"

EXCHANGED = '''
@_register(
    "exchange",
    narrowings=_BY_TOTAL,
    act_name="exchange",
    **_EXTERNAL,
)
@dataclass(frozen=True)
class Exchanged(EventFields):
    """`total` is in fen."""

    total: Fen
    order: Key = ""


'''

SCRIPT = """
import json, sys
from pathlib import Path
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.matching import matches
from wejourney.events.event_types import EVENT_TYPES
from wejourney.events.matching import EventPattern
from workbench.checks.deployable import undeployable
from workbench.checks.journey import PER
from workbench.cli.commands.inbox_commands import FIELDS
from workbench.language.reading import read_text
from workbench.language.journey_fields import TRIGGER_FIELDS, journey_schema
from workbench.simulator.deployment import simulated_account
from workbench.simulator.persona import read_persona
from workbench.simulator.population import Population
from workbench.simulator.rates import Rates
from workbench.wording.picture_phrases import PHRASES

journey = read_text(sys.argv[1], "x", "x.yaml").journey
persona = read_persona(Path(sys.argv[2])).value
account = simulated_account()
event = own_event(persona.acts[0].body, "1", Subject("wx1", "o1"), persona.person(account).start)
print(json.dumps({
    "read": InboundEvent.from_dict(event.to_dict()) == event,
    "matched": [matches(EventPattern("exchange", at_least=least), event) for least in (700, 701)],
    "command": list(FIELDS["exchange"]),
    "schema": "exchange" in journey_schema()["$defs"]["event"]["enum"],
    "documented": TRIGGER_FIELDS["total"].documentation.partition(":")[0],
    "once per": "exchange" in PER["order"],
    "not deployable": [repr(why) for _, why in undeployable(journey)],
    "people": Population((journey,), Rates(unfollow=0), account, 3).funnel(cores=1).entered,
    "words": "event exchange" in PHRASES,
}))
"""


def test_a_new_type_is_one_class_its_words_and_what_it_changes_of_a_follower(tmp_path: Path) -> None:
    shutil.copytree(ROOT / RUNTIME, tmp_path / "wejourney", ignore=shutil.ignore_patterns("__pycache__"))
    registry = tmp_path / "wejourney/events/event_types.py"
    text = registry.read_text("utf-8")
    assert text.count("\nOWN = ") == 1
    registry.write_text(text.replace("\nOWN = ", f"{EXCHANGED}\nOWN = "), "utf-8")
    followers = tmp_path / "wejourney/people/followers.py"
    known, last = followers.read_text("utf-8"), "            | event_types.OtherEvent()\n"
    assert known.count(last) == 1
    followers.write_text(known.replace(last, f"{last}            | event_types.Exchanged()\n"))
    journey = "title: T\ntrigger: {event: exchange, total: 500}\nagain: {per: order}\nsteps: [{tag: x}]\n"
    persona = tmp_path / "mei.yaml"
    persona.write_text("acts:\n  - exchange: {order: A, total: 700}\n", "utf-8")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", SCRIPT, journey, str(persona)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "read": True,
        "matched": [True, False],
        "command": ["total", "order"],
        "schema": True,
        "documented": "Payment, refund, order.paid, order.returned and exchange",
        "once per": True,
        "not deployable": ["EventNotReceived(event='exchange')"],
        "people": 3,
        "words": False,
    }


@pytest.mark.parametrize("kind", sorted(OWN))
def test_a_field_with_a_wrong_value_is_malformed(kind: str) -> None:
    for name, spec in EVENT_TYPES[kind].fields.items():
        assert not spec.fits([object()]), name
        with pytest.raises(MalformedEventError):
            EVENT_TYPES[kind].read(RIGHT[kind] | {name: [object()]})


def test_only_events_of_our_own_may_be_unreceived_emitted_or_caused_by_runs() -> None:
    others = [known for known in EVENT_TYPES.values() if known.source is not Source.OWN]
    assert not [
        known.name for known in others if not known.receivable or known.can_be_emitted or known.caused_by_runs
    ]


def test_every_field_that_narrows_is_a_field_of_its_event() -> None:
    for name in NARROWING_FIELDS:
        for narrowing in EVENT_TYPES[name].narrowings or ():
            known = EVENT_TYPES[name].fields.keys() | {"properties"}
            assert set(narrowing.event_fields) <= known, name


def test_a_line_about_an_event_says_what_a_pattern_looks_at() -> None:
    assert body("points", before=0, points=50).detail == "0 → 50"
    assert body("payment", total=900, order="7").detail == "900"
    assert body("profile", changes={"member": True, "city": "Lyon"}).detail == "member=True, city=Lyon"
    assert body("image").detail == ""


def test_a_line_about_a_tier_tells_one_that_was_reached_from_one_that_was_lost() -> None:
    tiers = ("", "silver", "gold")
    lines = {
        (before, tier): body("tier.changed", tier=tier, before=before).detail
        for before in tiers
        for tier in tiers
        if before != tier
    }

    assert len(set(lines.values())) == len(lines)
    assert (lines["", "gold"], lines["gold", ""], lines["silver", "gold"]) == (
        "gold",
        "gold → -",
        "silver → gold",
    )


@pytest.mark.parametrize(
    ("kind", "field", "longest", "too_long"),
    [
        ("tag", "tag", "x" * 256, "x" * 257),
        ("payment", "order", "x" * 256, "x" * 257),
        ("payment", "total", 10**15 - 1, 10**15),
        ("profile", "changes", {"note": "x" * 5_000}, {"note": "x" * 5_001}),
        (
            "profile",
            "changes",
            dict.fromkeys(map(str, range(100)), "x"),
            dict.fromkeys(map(str, range(101)), "x"),
        ),
    ],
)
def test_a_field_has_bounds(kind: str, field: str, longest: object, too_long: object) -> None:
    EVENT_TYPES[kind].read(RIGHT[kind] | {field: longest})
    with pytest.raises(MalformedEventError, match=f"`{kind}` has no usable `{field}`"):
        EVENT_TYPES[kind].read(RIGHT[kind] | {field: too_long})


@pytest.mark.parametrize(
    "wrong",
    [{"id": "13800000000"}, {"id": ""}, {"openid": "o two"}, {"openid": "o" * 129}, {"app_id": "w" * 129}],
)
def test_an_event_has_a_hash_for_an_id_and_ids_for_a_subject(wrong: dict[str, str]) -> None:
    right = own("tag", tag="vip")
    check_event(right)
    with pytest.raises(MalformedEventError, match="no usable"):
        check_event(InboundEvent.from_dict(right.to_dict() | wrong))


def test_an_event_that_code_builds_is_checked_before_it_is_queued() -> None:
    with pytest.raises(MalformedEventError, match="`tag` has no usable `tag`"):
        check_event(own("tag", tag=""))


@pytest.mark.parametrize(("name", "taken"), [("tag", TagAdded), ("tag", OtherEvent), ("label", TagAdded)])
def test_a_name_and_a_class_are_registered_once(name: str, taken: type[EventFields]) -> None:
    before = dict(EVENT_TYPES)
    with pytest.raises(TypeError, match="once each"):
        _register(name, Source.OWN)(taken)
    assert before == EVENT_TYPES


def test_no_name_and_no_key_of_any_event_is_blank() -> None:
    """An order that nobody can see would be the same order as any other such one."""
    names = [
        (field, spec)
        for kind in EVENT_TYPES.values()
        for field, annotation in get_type_hints(kind.body).items()
        if field in kind.fields and {Name, Key} & {annotation, *get_args(annotation)}
        for spec in [kind.fields[field]]
    ]
    assert len(names) > 30
    for field, spec in names:
        assert spec.fits("a b"), field
        for blank in (" ", "\t\n", "\u3000"):
            assert not spec.fits(blank), field
            for schema in (NAME, KEY):
                with pytest.raises(RequestRejectedError):
                    conform(blank, schema, field)
