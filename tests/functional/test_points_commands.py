"""`wejourney points …` against real tables: what the commands print, and how they fail."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.functional.test_statements import earn, lived, merged
from tests.support.builders import APP_ID, NOON
from tests.support.cli import run
from tests.support.fakes.clock import FakeClock
from tests.support.languages import foreign
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.people.followers import Follower
from workbench.cli.commands.loyalty import points_commands

ANN = Follower("wx1", "oAnn000000000000000000000001", "ann", contact_id="c", following=True, followed_at=NOON)


@dataclass
class Deployment:
    """What `Target` offers, with the tables of the test."""

    followers: FollowerStore
    books: BooksStore
    app_id: str = APP_ID
    clock: FakeClock = field(default_factory=FakeClock)
    caller: str = "arn:aws-cn:iam::1:user/an-operator"


@pytest.fixture
def deployment(followers: FollowerStore, books: BooksStore, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    followers.save(None, ANN)
    deployed = Deployment(followers, books)
    monkeypatch.setattr(points_commands, "open_target", lambda _stack: deployed)
    return deployed


def printed(*arguments: str) -> Any:
    done = run("points", *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_statement_says_when_what_why_and_what_is_left(deployment: Deployment) -> None:
    lived(deployment.books)
    shown = run("points", "statement", "ann").stdout

    for expected in (
        "points of ann (UTC)", "2026-11-22 05:00:00", "earned", "event-order", "+100 pending", "held",
        "hold captured", "expired", "-40 available, +40 held", "75 available, 7 unclaimed",
    ):  # fmt: skip
        assert expected in shown, expected


def test_a_statement_goes_on_where_the_page_before_ended(deployment: Deployment) -> None:
    lived(deployment.books)
    whole = printed("statement", "ann")
    assert whole["next"] is None
    first = run("points", "statement", "--openid", ANN.openid, "--app-id", "wx1", "--most", "3").stdout
    after = first.split("--after ")[1].split()[0]
    rest = printed("statement", "ann", "--most", "9", "--after", after)

    assert rest["transactions"] == whole["transactions"][3:]
    assert [one["id"] for one in whole["transactions"]][:2] == ["late", "took"]
    assert whole["transactions"][1]["moved"] == {"held": -40, "available": 10}
    assert whole["transactions"][1]["balance"] == {
        "available": 75, "unclaimed": 7, "pending": 0, "held": 0
    }  # fmt: skip
    assert printed("statement", "ann", "--oldest-first")["transactions"] == whole["transactions"][::-1]
    days = printed("statement", "ann", "--since", "2026-11-22T06:00:00", "--until", "2026-11-22T08:00:00")
    assert days["transactions"] == whole["transactions"][3:5]


def test_a_balance_has_the_lots_by_expiry_and_the_next_one(deployment: Deployment) -> None:
    lived(deployment.books)

    now = printed("balance", "ann")
    assert (now["available"], now["unclaimed"]) == (0, 7)
    then = printed("balance", "ann", "--at", "2026-11-22T08:00:00")
    assert (then["available"], then["held"], then["expiring"], then["expires_on"]) == (
        65,
        40,
        65,
        "2027-01-31",
    )
    assert [(lot["pocket"], lot["expires"], lot["amount"]) for lot in then["lots"]] == [
        ("held", "2026-12-31", 5), ("available", "2027-01-31", 65), ("held", "2027-01-31", 35),
        ("unclaimed", "", 7),
    ]  # fmt: skip
    shown = run("points", "balance", "ann", "--at", "2026-11-22T08:00:00").stdout
    for expected in ("2027-01-31", "hold till", "for ever", "can be spent: 65", "65 expire after 2027-01-31"):
        assert expected in shown, expected


def test_somebody_who_was_erased_is_found_by_our_own_id_alone(deployment: Deployment) -> None:
    earn(deployment.books, "a", 5, person="erased")

    assert printed("balance", "erased")["available"] == 5
    assert [one["id"] for one in printed("statement", "erased")["transactions"]] == ["a"]
    assert run("points", "balance", "nobody").exit_code == 1
    assert "nobody" in run("points", "statement", "nobody").stderr


def test_somebody_who_was_merged_has_the_statement_of_both(deployment: Deployment) -> None:
    deployment.followers.save(ANN, ANN.changed(merged=frozenset({"bea"})))
    earn(deployment.books, "a", 5)
    earn(deployment.books, "b", 7, person="bea", hours=1)
    merged(deployment.books, "bea", "ann", 2)

    whole = printed("statement", "ann", "--oldest-first")["transactions"]

    assert [(one["id"], one["person"], one["balance"]["available"]) for one in whole[:2]] == [
        ("a", "ann", 5), ("b", "bea", 12)
    ]  # fmt: skip
    assert printed("balance", "ann")["available"] == 12


@pytest.mark.parametrize("arguments", [("statement", "ann", "--after", "x"), ("statement",), ("balance",)])
def test_a_wrong_call_is_one_line_and_exit_status_2(
    deployment: Deployment, arguments: tuple[str, ...]
) -> None:
    done = run("points", *arguments)

    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_commands_of_points_speak_the_language_that_is_asked_for(deployment: Deployment) -> None:
    lived(deployment.books)
    for language in ("en", "zh"):
        for arguments in (
            ("statement", "ann", "--most", "4"),
            ("balance", "ann", "--at", "2026-11-22T08:00:00"),
        ):
            done = run("points", *arguments, "--lang", language)
            assert foreign(done.output, language) == [], done.output


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_table_of_points_is_cut(deployment: Deployment, columns: int) -> None:
    lived(deployment.books)
    shown = run("points", "statement", "ann", columns=columns).stdout

    assert "…" not in shown
    assert all(len(line) <= columns for line in shown.splitlines() if "--after" not in line)
