"""`wejourney simulate`, as it is typed."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from tests.support.cli import run

ROOT = Path(__file__).parents[3]
WELCOME = ROOT / "infra/journeys/welcome-from-store.yaml"
BACK = ROOT / "infra/journeys/welcome-back.yaml"


def simulate(*arguments: str | Path, root: Path = ROOT) -> Result:
    return run("simulate", *arguments, "--root", root)


def test_a_persona_is_found_by_name_by_file_and_in_a_folder() -> None:
    by_name = simulate(WELCOME, "--persona", "anna")
    by_file = simulate(WELCOME, "--persona", ROOT / "infra/personas/anna.yaml")
    folder = simulate(WELCOME, "--persona", ROOT / "infra/personas")

    assert by_name.exit_code == 0
    assert by_name.stdout == by_file.stdout
    assert [name in folder.stdout for name in ("Anna: ", "John: ", "Lee: ", "Paris: ")] == [True] * 4


def test_the_personas_beside_a_journey_are_played_without_being_named(tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text("title: T\ntrigger: {event: follow}\nsteps: [{tag: greeted}]\n", "utf-8")
    folder = tmp_path / "hello.personas"
    folder.mkdir()
    (folder / "mia.yaml").write_text("name: Mia\nacts: [{follow: {}}]\n", "utf-8")

    told = simulate(file)

    assert told.exit_code == 0
    assert "+greeted" in told.stdout


def test_a_persona_reaches_a_tier_of_the_programme_that_counts_what_they_spend(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    (infra / "journeys").mkdir(parents=True)
    (infra / "profile.yaml").write_text("counters: {spend: {event: payment, counts: amount}}\n", "utf-8")
    (infra / "programme.yaml").write_text("tiers: {levels: {gold: 50000}, counts: spend}\n", "utf-8")
    file = infra / "journeys/gold.yaml"
    file.write_text(
        "title: T\ntrigger: {event: tier.changed, tier: gold}\nsteps: [{tag: thanked}]\n", "utf-8"
    )
    mia = tmp_path / "mia.yaml"
    for total, reaches_it in ((49_999, False), (50_000, True)):
        mia.write_text(f"name: Mia\nacts: [{{pay: {{order: A-1, total: {total}}}}}]\n", "utf-8")
        told = simulate(file, "--persona", mia, root=tmp_path)
        assert (told.exit_code, "+thanked" in told.stdout) == (0, reaches_it)


@pytest.mark.parametrize(("lang", "heading"), [("en", "allowance"), ("zh", "下发额度")])
def test_the_labels_are_in_the_language_that_is_asked_for(lang: str, heading: str) -> None:
    assert heading in simulate(WELCOME, "--persona", "anna", "--lang", lang).stdout


def test_simulate_prints_every_event_as_json() -> None:
    told = json.loads(simulate(WELCOME, "--persona", "anna", "--json").stdout)

    assert [event["what"] for event in told["Anna"]][:3] == ["event_received", "run_started", "message_sent"]
    reason = "no answer to the opening"
    assert told["Anna"][-1]["end"] == {"kind": "stopped", "reason": reason, "text": reason}


def test_another_journey_can_be_played_together() -> None:
    alone = simulate(WELCOME, "--persona", "john")
    together = simulate(WELCOME, "--with", BACK, "--persona", "john")

    assert "welcome-back" not in alone.stdout
    assert "welcome-back" in together.stdout


def test_a_population_gives_the_funnel_and_what_it_costs() -> None:
    told = simulate(WELCOME, "--population", "40", "--json")
    data = json.loads(told.stdout)

    assert told.exit_code == 0
    assert data["entered"] == 40
    assert data["cost"]["total"] > 0
    assert data["cost"]["transitions"] > 40
    assert simulate(WELCOME, "--population", "40", "--json").stdout == told.stdout
    assert "occasion" in simulate(WELCOME, "--population", "40").stdout


def test_the_assumptions_and_how_to_change_them_are_printed_above_the_funnel() -> None:
    told = simulate(WELCOME, "--population", "20").stdout

    assert told.startswith("Assumed (write your own into a file for --rates):\n  a question: 40% answer")
    assert told.index("40% answer") < told.index("20 people")


def test_progress_is_shown_on_a_terminal_but_not_with_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")

    shown = simulate(WELCOME, "--population", "5").stderr
    assert "simulating" in shown
    assert "100%" in shown
    assert simulate(WELCOME, "--population", "5", "--json").stderr == ""


def test_a_population_without_costs_says_why(tmp_path: Path) -> None:
    file = tmp_path / "paid.yaml"
    file.write_text(
        "title: T\ntrigger: {event: segment, segment: gold}\nsteps: [{send: {mass: {text: hi}}}]\n", "utf-8"
    )

    assert "No costs: " in simulate(file, "--population", "5").stdout
    assert json.loads(simulate(file, "--population", "5", "--json").stdout)["cost"] is None


@pytest.mark.parametrize(("lang", "line"), [("en", "John did not enter"), ("zh", "John 未进入")])
def test_a_persona_that_does_not_enter_the_journey_is_reported(lang: str, line: str) -> None:
    told = simulate(WELCOME, "--persona", "john", "--lang", lang)

    assert told.exit_code == 0
    assert f"{line} welcome-from-store" in told.stdout


def test_an_answer_to_an_unknown_question_is_a_warning(tmp_path: Path) -> None:
    persona = tmp_path / "mia.yaml"
    persona.write_text(
        "name: Mia\nanswers: {ocasion: {say: a}, wish: {say: b}, occasion: {say: c}}\n", "utf-8"
    )

    told = simulate(WELCOME, "--persona", persona)

    assert told.exit_code == 0
    assert told.stderr == "Mia: no question `ocasion` in this journey (did you mean `occasion`?)\n"


def test_rates_of_unknown_questions_and_dates_are_warnings(tmp_path: Path) -> None:
    rates = tmp_path / "rates.yaml"
    rates.write_text("answers: {ocasion: {answered: 10%}}\ndates: {booking: [1, 2]}\n", "utf-8")

    told = simulate(WELCOME, "--population", "5", "--rates", rates)

    assert told.exit_code == 0
    assert told.stderr.splitlines() == [
        "rates.yaml: no question `ocasion` in this journey (did you mean `occasion`?)",
        "rates.yaml: no wait for a date `booking` in this journey",
    ]


def test_a_journey_with_an_error_is_rejected_as_check_does(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("title: T\ntrigger: {event: folow}\nsteps: [{tag: x}]\n", "utf-8")

    told = simulate(file, "--persona", "lee")

    assert told.exit_code == 1
    assert "bad.yaml:2:18: " in told.stderr


@pytest.mark.parametrize("option", ["--persona", "--rates"])
def test_a_persona_or_rates_file_with_an_error_is_rejected_with_its_place(
    tmp_path: Path, option: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("nonsense: 1\n", "utf-8")
    people = [] if option == "--persona" else ["--population", "10"]

    told = simulate(WELCOME, option, file, *people)

    assert told.exit_code == 1
    assert "mine.yaml:1:1: " in told.stderr


def test_a_usage_error_says_what_to_do() -> None:
    nobody = simulate(WELCOME)
    unknown = simulate(WELCOME, "--persona", "leee")
    both = simulate(WELCOME, "--persona", "lee", "--population", "10")
    rules = simulate(WELCOME, "--persona", "lee", "--rules", "1999")

    assert [told.exit_code for told in (nobody, unknown, both, rules)] == [2, 2, 2, 2]
    assert "give --persona or --population" in nobody.stderr
    assert "infra/personas has anna, john, lee, paris" in unknown.stderr
    assert "not both" in both.stderr


def test_rates_without_a_population_are_a_usage_error(tmp_path: Path) -> None:
    rates = tmp_path / "rates.yaml"
    rates.write_text("unfollow: {percent: 0%}\n", "utf-8")

    result = simulate(WELCOME, "--persona", "lee", "--rates", rates)

    assert result.exit_code == 2
    assert "--rates needs --population" in result.stderr


def test_an_unknown_choice_in_the_rates_is_a_warning(tmp_path: Path) -> None:
    rates = tmp_path / "rates.yaml"
    rates.write_text("answers: {metal: {choices: {golden: 100%}}}\n", "utf-8")

    result = simulate(WELCOME, "--population", "10", "--rates", rates)

    assert result.exit_code == 0
    assert "no choice of `metal` `golden` in this journey (did you mean" in result.stderr
