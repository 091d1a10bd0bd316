"""`wejourney leaders` against real tables."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.functional.test_leader_boards import AGREED, Arcade, OnTables
from tests.support.cli import run
from tests.support.fakes.clock import FakeClock
from tests.support.languages import foreign
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.game_store import GameStore
from wejourney.loyalty.games import GameTerms
from workbench.cli.commands.loyalty import leader_commands

PROGRAMME = """\
zone: UTC
games:
  rings: {highest: 5000, rounds_per_hour: 9, first: 2, names: {attribute: nickname, consent: board}}
  weekly: {highest: 500, rounds_per_hour: 9, every: week, from: 2026-11-23}
"""


@dataclass
class Deployment:
    """What `Target` offers, with the tables of the test."""

    followers: FollowerStore
    clock: FakeClock = field(default_factory=FakeClock)


@pytest.fixture
def root(
    followers: FollowerStore, ledger: BooksStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    arcade = Arcade(OnTables(followers, GameStore(followers.table, ledger.table)), GameTerms(5_000, 9))
    for name, score in (("ann", 10), ("bob", 4_300), ("cho", 20)):
        consents = {"board": AGREED["leader-board"]}
        arcade.comes(name, attributes={"nickname": "王小明"}, consents=consents if name == "bob" else {})
        arcade.plays(name, score)
    deployed = Deployment(followers)
    monkeypatch.setattr(leader_commands, "open_target", lambda _stack: deployed)
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/programme.yaml").write_text(PROGRAMME, "utf-8")
    (tmp_path / "infra/consents.yaml").write_text("board: {title: a, version: a, text: a}\n", "utf-8")
    return str(tmp_path)


def test_the_board_has_the_first_as_many_as_the_programme_says(root: str) -> None:
    shown = run("leaders", "rings", "--root", root).stdout
    assert [word for word in ("4,300", "bob", "王**", "20", "cho") if word not in shown] == []
    assert "ann" not in shown
    told = json.loads(run("leaders", "rings", "--root", root, "--json").stdout)
    assert told == {
        "game": "rings",
        "period": "all",
        "closes_at": None,
        "leaders": [
            {"person_id": "bob", "rank": 1, "score": 4300, "name": "王**"},
            {"person_id": "cho", "rank": 2, "score": 20, "name": None},
        ],
    }


def test_a_board_is_of_the_day_that_is_asked_for(root: str) -> None:
    done = run("leaders", "weekly", "--root", root, "--on", "2026-11-29", "--json")
    assert json.loads(done.stdout)["period"] == "2026-W48"
    empty = run("leaders", "weekly", "--root", root, "--on", "2026-11-29")
    assert "nobody is on the leader board of weekly, 2026-W48" in empty.stdout
    for day in ("2026-11-22", "9999-12-31"):
        done = run("leaders", "weekly", "--root", root, "--on", day)
        assert done.exit_code == 2
        assert f"the game `weekly` has no leader board on {day}" in done.output


def test_an_unknown_game_is_refused_with_those_that_there_are(root: str) -> None:
    done = run("leaders", "rigns", "--root", root)
    assert done.exit_code == 2
    assert "no game `rigns` in infra/programme.yaml" in done.output
    assert "rings" in done.output


@pytest.mark.parametrize(("language", "game"), [("en", "rings"), ("zh", "rings"), ("zh", "weekly")])
def test_what_the_command_prints_is_in_one_language(root: str, language: str, game: str) -> None:
    done = run("--lang", language, "leaders", game, "--root", root, "--on", "2026-11-28")
    assert done.exit_code == 0
    words = done.stdout
    for name in ("rings", "weekly", "bob", "cho", "王**", "W48"):
        words = words.replace(name, "")
    assert foreign(words, language) == []
