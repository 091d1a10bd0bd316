"""`wejourney points …` against real tables: what the commands print, and how they fail."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.functional.test_statements import earn, lived, merged
from tests.support.builders import APP_ID, NOON
from tests.support.cli import run
from tests.support.fakes.clock import FakeClock
from tests.support.languages import foreign
from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import json_text
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, books_key
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.people.consents import Consent
from wejourney.people.followers import Follower
from workbench.cli.commands.loyalty import books_commands, points_commands

ANN = Follower("wx1", "oAnn000000000000000000000001", "ann", contact_id="c", following=True, followed_at=NOON)


@dataclass
class Deployment:
    """What `Target` offers, with the tables of the test."""

    followers: FollowerStore
    ledger: BooksStore
    app_id: str = APP_ID
    clock: FakeClock = field(default_factory=FakeClock)
    caller: str = "arn:aws-cn:iam::1:user/an-operator"


@pytest.fixture
def deployment(followers: FollowerStore, books: BooksStore, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    followers.save(None, ANN)
    deployed = Deployment(followers, books)
    for module in (points_commands, books_commands):
        monkeypatch.setattr(module, "open_target", lambda _stack: deployed)
    return deployed


def printed(*arguments: str) -> Any:
    done = run("points", *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_statement_says_when_what_why_and_what_is_left(deployment: Deployment) -> None:
    lived(deployment.ledger)
    shown = run("points", "statement", "ann").stdout

    for expected in (
        "points of ann (UTC)", "2026-11-22 05:00:00", "earned", "event-order", "+100 pending", "held",
        "hold captured", "expired", "-40 available, +40 held", "75 available, 7 unclaimed",
    ):  # fmt: skip
        assert expected in shown, expected


def test_a_statement_goes_on_where_the_page_before_ended(deployment: Deployment) -> None:
    lived(deployment.ledger)
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
    lived(deployment.ledger)

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
    earn(deployment.ledger, "a", 5, person="erased")

    assert printed("balance", "erased")["available"] == 5
    assert [one["id"] for one in printed("statement", "erased")["transactions"]] == ["a"]
    assert run("points", "balance", "nobody").exit_code == 1
    assert "nobody" in run("points", "statement", "nobody").stderr


def test_somebody_who_was_merged_has_the_statement_of_both(deployment: Deployment) -> None:
    deployment.followers.save(ANN, ANN.changed(merged=frozenset({"bea"})))
    earn(deployment.ledger, "a", 5)
    earn(deployment.ledger, "b", 7, person="bea", hours=1)
    merged(deployment.ledger, "bea", "ann", 2)

    whole = printed("statement", "ann", "--oldest-first")["transactions"]

    assert [(one["id"], one["person_id"], one["balance"]["available"]) for one in whole[:2]] == [
        ("a", "ann", 5), ("b", "bea", 12)
    ]  # fmt: skip
    assert printed("balance", "ann")["available"] == 12


def test_the_trial_balance_sums_to_zero_and_exits_with_1_when_it_does_not(deployment: Deployment) -> None:
    lived(deployment.ledger)
    shown = run("points", "trial-balance")
    assert shown.exit_code == 0, shown.output
    for expected in ("unclaimed", "programme: issued", "-112", "1 books, 0 of which do not sum to zero"):
        assert expected in shown.stdout
    accounts = {"unclaimed": 7, "expired": 75, "programme|issued": -112, "programme|redeemed": 30}
    told = printed("trial-balance")
    assert {name: n for name, n in told["assets"]["points"]["accounts"].items() if n} == accounts
    assert (told["assets"]["points"]["sum"], told["unbalanced"]) == (0, [])

    amounts = json_text({"unclaimed": 8, "programme|issued": -7})
    deployment.ledger.table.update(books_key("ann", "points"), [Column("amounts").set(amounts)])
    odd = run("points", "trial-balance")
    assert odd.exit_code == 1
    assert "ann: the books of points sum to 1, not to 0" in odd.stderr


def test_the_liability_is_told_by_month_as_a_table_csv_and_json(deployment: Deployment) -> None:
    earn(deployment.ledger, "a", 5)
    earn(deployment.ledger, "b", 7, Lot(Pocket.UNCLAIMED))
    rows = [
        {"asset": "points", "month": "2027-01", "available": 5, "held": 0, "pending": 0, "unclaimed": 0,
         "owed": 0, "total": 5},
        {"asset": "points", "month": "", "available": 0, "held": 0, "pending": 0, "unclaimed": 7,
         "owed": 0, "total": 7},
    ]  # fmt: skip
    assert printed("liability") == rows
    csv = run("points", "liability", "--csv").stdout
    assert csv.splitlines() == [
        "asset,month,available,held,pending,unclaimed,owed,total",
        "points,2027-01,5,0,0,0,0,5",
        "points,,0,0,0,7,0,7",
    ]
    shown = run("points", "liability").stdout
    for expected in ("2027-01", "for ever", "unclaimed"):
        assert expected in shown


def test_totals_of_nobody_are_empty(deployment: Deployment) -> None:
    for command in ("trial-balance", "liability"):
        assert "nothing was posted" in run("points", command).stdout
    assert printed("liability") == []


def test_check_exits_with_0_when_the_books_agree_and_with_1_and_the_differences_when_not(
    deployment: Deployment,
) -> None:
    lived(deployment.ledger)
    agreed = run("points", "check")
    assert (agreed.exit_code, agreed.stdout) == (0, "1 books and 7 transactions: no differences\n")
    amounts = json_text({"unclaimed": 8, "expired|2027-01-31": 70, "programme|issued": -78})
    deployment.ledger.table.update(books_key("ann", "points"), [Column("amounts").set(amounts)])

    for arguments in ((), ("ann",)):
        differed = run("points", "check", *arguments)
        assert differed.exit_code == 1
        for expected in ("ann", "unclaimed", "8", "7", "programme|issued", "differences"):
            assert expected in differed.stdout
    told = json.loads(run("points", "check", "--json").stdout)["differences"]
    about = {"person_id": "ann", "asset": "points"}
    assert {**about, "account": "unclaimed", "books": 8, "transactions": 7} in told
    assert run("points", "check", "nobody").exit_code == 1


# --- by hand -------------------------------------------------------------------------------------

BY_HAND = ("adjust", "ann", "--yes", "--reason", "a parcel was lost")


def test_an_adjustment_is_on_the_statement_with_its_reason_and_who_did_it(deployment: Deployment) -> None:
    done = run("points", *BY_HAND, "--by", "+50")
    assert done.exit_code == 0, done.output
    assert done.stdout == "adjusted: ann can spend 50 points now\n"
    assert "--key" in done.stderr
    deployment.clock.pass_(minutes=1)
    assert printed(*BY_HAND, "--by", "-70")["balance"]["available"] == -20

    person = deployment.followers.person("ann")
    assert person is not None
    assert person.points == -20
    taken, given = printed("statement", "ann")["transactions"]
    assert (given["moved"], taken["moved"]) == ({"available": 50}, {"available": -50, "owed": -20})
    assert given["cause"] == {"id": deployment.caller, "reason": "a parcel was lost"}
    shown = run("points", "statement", "ann", columns=200).stdout
    for expected in ("adjusted by hand", "a parcel was lost", "an-operator"):
        assert expected in shown


def test_an_adjustment_with_the_same_key_is_posted_once_and_with_other_inputs_not_at_all(
    deployment: Deployment,
) -> None:
    first = printed(*BY_HAND, "--by", "5")
    again = printed(*BY_HAND, "--by", "+5", "--key", first["key"])
    other = run("points", *BY_HAND, "--by", "6", "--key", first["key"])

    assert again == first
    assert other.exit_code == 1
    assert "another adjustment" in other.stderr
    assert deployment.ledger.books("ann").available == 5
    assert printed(*BY_HAND, "--by", "5")["balance"]["available"] == 10, "without a key it is another one"


def test_nothing_is_adjusted_without_a_yes(deployment: Deployment) -> None:
    done = run("points", "adjust", "ann", "--by", "5", "--reason", "x")

    assert done.exit_code == 1
    assert "Adjust points of ann by +5?" in done.stderr
    assert deployment.ledger.books("ann").rev == 0


@pytest.mark.parametrize(
    "amount", ["0", "+0", "1.5", "1e3", "many", "٥", "+-5", "--5", "9999999999", " 5", "1_0"]
)
def test_an_amount_that_is_no_whole_number_but_0_is_refused(deployment: Deployment, amount: str) -> None:
    done = run("points", *BY_HAND, f"--by={amount}")

    assert done.exit_code == 2
    assert "whole number" in done.stderr
    assert deployment.ledger.books("ann").rev == 0


@pytest.mark.parametrize(
    "options", [("--reason", " "), ("--reason", "x" * 201), ("--key", ""), ("--asset", "stars")], ids="=".join
)
def test_a_wrong_adjustment_posts_nothing(deployment: Deployment, options: tuple[str, ...]) -> None:
    done = run("points", *BY_HAND, "--by", "5", *options)

    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert deployment.ledger.all_books("ann") == {}


def test_a_key_of_bytes_that_are_no_text_adjusts_once_like_any_other(deployment: Deployment) -> None:
    for _ in range(2):
        done = run("points", *BY_HAND, "--by", "5", "--key", "a\udcff")
        assert done.exit_code == 0, done.output

    assert deployment.ledger.books("ann").available == 5


def test_what_is_given_by_hand_expires_as_the_programme_says_and_is_unclaimed_before_joining(
    deployment: Deployment, tmp_path: Path
) -> None:
    infra = tmp_path / "infra"
    infra.mkdir()
    (infra / "programme.yaml").write_text(
        "assets: {stamps: {expires: 2 months, unclaimed_expires: 10 days}}\n", "utf-8"
    )
    club = 'club: {title: Club, version: "1", text: Let me join., membership: true}\n'
    (infra / "consents.yaml").write_text(club, "utf-8")
    given = (*BY_HAND, "--by", "1", "--asset", "stamps", "--root", str(tmp_path))
    assert printed(*given)["balance"]["unclaimed"] == 1
    joined = {"club": Consent(given=True, at=NOON)}
    person = deployment.followers.person("ann")
    assert person is not None
    deployment.followers.save(person, person.changed(consents=joined))
    printed(*given)

    lots = deployment.ledger.books("ann", "stamps").lots
    assert lots == {Lot(Pocket.UNCLAIMED, "2026-12-02"): 1, Lot(Pocket.AVAILABLE, "2027-01-22"): 1}


# --- in general ----------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("statement", "ann", "--after", "x"), ("statement",), ("balance",)])
def test_a_wrong_call_is_one_line_and_exit_status_2(
    deployment: Deployment, arguments: tuple[str, ...]
) -> None:
    done = run("points", *arguments)

    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_commands_of_points_speak_the_language_that_is_asked_for(deployment: Deployment) -> None:
    lived(deployment.ledger)
    for language in ("en", "zh"):
        for arguments in (
            ("statement", "ann", "--most", "4"),
            ("balance", "ann", "--at", "2026-11-22T08:00:00"),
        ):
            done = run("points", *arguments, "--lang", language)
            assert foreign(done.output, language) == [], done.output


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_table_of_points_is_cut(deployment: Deployment, columns: int) -> None:
    lived(deployment.ledger)
    shown = run("points", "statement", "ann", columns=columns).stdout

    assert "…" not in shown
    assert all(len(line) <= columns for line in shown.splitlines() if "--after" not in line)
