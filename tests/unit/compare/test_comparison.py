"""Two versions as a whole: who lives through something else, and whether both fit what WeChat allows."""

from datetime import timedelta
from pathlib import Path

from tests.support.events import body
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.matching import EventPattern
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.loyalty.earning_rules import EarningRule
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.programme import Programme
from workbench.compare.comparison import UNDER_WAY, Comparison, compare
from workbench.gallery import GALLERY
from workbench.language.reading import read_text
from workbench.simulator.deployment import ScriptedEvent, simulated_account
from workbench.simulator.persona import Persona, read_persona

FILE = GALLERY / "welcome-by-source/journey.yaml"
OLD = FILE.read_text("utf-8")


def people_in(folder: Path) -> dict[str, Persona]:
    people = {}
    for file in sorted(folder.glob("*.yaml")):
        read = read_persona(file)
        assert read.value is not None
        people[file.name] = read.value
    return people


def compared(new: str, old: str = OLD) -> Comparison:
    versions = [read_text(text, "welcome", "welcome.yaml").journey for text in (old, new)]
    assert versions[0] is not None
    assert versions[1] is not None
    people = people_in(FILE.parent / "personas")
    rules = RULE_SETS["current"]
    return compare(versions[0], versions[1], people, simulated_account(rules), rules)


def test_the_same_journey_has_no_difference_for_any_persona() -> None:
    found = compared(OLD)
    assert not found.differs
    assert [life.diff() for life in found.behaviours] == [(), ()]


def test_personas_are_played_with_what_they_have_by_the_programme() -> None:
    text = (
        "title: T\ntrigger: {event: payment}\nsteps: [{branch: [{when: {points: 99}, steps: [{tag: x}]}]}]\n"
    )
    old, new = (read_text(one, "j", "j.yaml").journey for one in (text, text.replace("tag: x", "tag: y")))
    assert old is not None
    assert new is not None
    buyer = Persona("Ann", acts=(ScriptedEvent(timedelta(), body("payment", total=9_900)),))
    rules = {"purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1)}
    programme = Programme(assets={"points": Expiry()}, rules=rules)
    allowed = RULE_SETS["current"]

    def differs(people: PeopleRules) -> list[bool]:
        played = {"ann.yaml": buyer}
        found = compare(old, new, played, simulated_account(allowed), allowed, people=people)
        return [life.differs for life in found.behaviours]

    assert differs(NO_RULES) == [False]
    assert differs(NO_RULES.with_programme(programme)) == [True]


def test_a_file_of_another_name_is_a_version_of_the_same_journey() -> None:
    """Chance goes by a journey's name: the holdout of `win-back` would be other people."""
    folder = GALLERY / "win-back"
    text = (folder / "journey.yaml").read_text("utf-8")
    one, other = (read_text(text, name, "w.yaml").journey for name in ("win-back", "win-back-2"))
    assert one is not None
    assert other is not None
    people = people_in(folder / "personas")
    rules = RULE_SETS["current"]
    assert not compare(one, other, people, simulated_account(rules), rules).differs


def test_only_personas_that_reach_the_change_differ() -> None:
    """Mei answers and gets the edited message; Tom never answers and never comes to it."""
    found = compared(OLD.replace("wait: 20h", "wait: 22h"))
    assert {life.persona: life.differs for life in found.behaviours} == {"Mei": True, "Tom": False}
    (mei,) = (life for life in found.behaviours if life.differs)
    changed = [line for line in mei.diff() if line[0] in "+-" and line[:3] not in ("+++", "---")]
    # Only the old version's wait ends in quiet hours, which has a line of its own.
    (quiet,) = (line for line in changed if "quiet hours" in line)
    assert quiet.startswith("-")
    assert sum(line[0] == "-" for line in changed) == sum(line[0] == "+" for line in changed) + 1
    assert any("→ 11-24 08:00:00" in line for line in changed if line[0] == "-")
    assert any("→ 11-24 08:25:00" in line for line in changed if line[0] == "+")


def test_an_inserted_step_changes_no_line_of_other_steps() -> None:
    """Not the columns of the table: only what happens."""
    found = compared(OLD.replace("  - wait: 20h", "  - tag: a-tag-longer-than-all-others\n  - wait: 20h"))
    (mei,) = (life for life in found.behaviours if life.differs)
    removed = [line for line in mei.diff() if line.startswith("-") and not line.startswith("---")]
    assert all(" 4 " in line or " 5 " in line for line in removed)


def test_an_event_is_one_line_with_the_whole_text_and_then_the_allowance() -> None:
    found = compared(OLD)
    (mei,) = (life for life in found.behaviours if life.persona == "Mei")
    (asked,) = (line for line in mei.new if "想先看看什么" in line)
    assert asked.startswith("11-23 10:00:00 ")
    assert asked.endswith("回复 1、2 或 3 即可。 follow, 1 left")


def test_a_version_with_a_message_without_allowance_lists_the_violation() -> None:
    found = compared(OLD.replace("wait: 20h", "wait: 3d"))
    assert found.violations["old"] == ()
    assert len(found.violations["new"]) == 1
    assert "no allowance" in found.violations["new"][0]


def test_the_json_says_that_live_runs_stay_on_their_version() -> None:
    """mautic #4144, parcelvoy #674: what an edit does to people who are in the journey is documented."""
    assert compared(OLD).to_dict()["under_way"] == UNDER_WAY.in_words("en")
    assert "finish on the version they started with" in UNDER_WAY.in_words("en")
