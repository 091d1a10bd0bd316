"""What only all journeys of a repository together show, and what cannot be deployed yet."""

from pathlib import Path

import pytest

from wejourney.messaging.contents import menu_number
from workbench.compiler.versions import version_of
from workbench.language.reading import read_file, read_text
from workbench.language.step_types import Agree
from workbench.project import JOURNEYS, read_project, read_together

ROOT = Path(__file__).parents[2]
EVERYTHING = (Path(__file__).parent / "language/everything.yaml").read_text("utf-8")


def journey(steps: str, trigger: str = "{event: journey}") -> str:
    return f"title: T\ntrigger: {trigger}\nsteps: {steps}\n"


def told(repository: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (repository / f"infra/journeys/{name}.yaml").write_text(text, "utf-8")
    return [str(one).removeprefix("infra/journeys/") for one in read_project(repository).mistakes]


FOLLOW = "{event: follow}"


def test_a_journey_can_start_and_end_another(repository: Path) -> None:
    started = told(
        repository,
        first=journey("[{start: second}, {end: third}]", FOLLOW),
        second=journey("[{tag: a}]", "{event: journey, journey: first}"),
        third=journey("[{tag: a}]", FOLLOW),
    )

    assert started == []


def test_another_journey_must_exist(repository: Path) -> None:
    found = told(
        repository, first=journey("[{start: secnd}, {end: secnd}]", FOLLOW), second=journey("[{tag: a}]")
    )

    assert found == [
        "first.yaml:3:17: there is no journey `secnd` (did you mean `second`?)",
        "first.yaml:3:31: there is no journey `secnd` (did you mean `second`?)",
    ]


def test_a_journey_that_is_started_has_the_trigger_for_it(repository: Path) -> None:
    found = told(
        repository,
        first=journey("[{start: second}, {start: third}]", FOLLOW),
        second=journey("[{start: third}]", FOLLOW),
        third=journey("[{tag: a}]", "{event: journey, journey: second}"),
    )

    assert [one.partition(" (")[0] for one in found] == [
        "first.yaml:3:17: `second` is started by the event follow",
        "first.yaml:3:34: `third` is started by the journey `second` only",
    ]


ASSETS = "assets: {points: {}, stamps: {}}\nrules: {a: {event: payment, gives: 1}}\n"
NAMED_ASSETS = {
    "[{branch: [{when: {balance: {%s: {from: 1}}}, steps: [{tag: a}]}]}]": "3:",
    "[{branch: [{when: {not: {balance: {%s.unclaimed: {from: 1}}}}, steps: [{tag: a}]}]}]": "3:",
    "[{send: {text: 'You have {balance.%s|no} stamps.'}}]": "3:",
    "[{send: {text: 'You have {balance.%s.pending|no} stamps.'}}]": "3:",
    "[{set: {held: '{balance.%s|0}'}}]": "3:",
    "[{ask: {name: q, text: 'Of {balance.%s|no} stamps, how many?', within: 1h}}]": "3:",
}


@pytest.mark.parametrize("steps", NAMED_ASSETS)
def test_an_asset_that_a_journey_names_is_one_of_the_programme(repository: Path, steps: str) -> None:
    (repository / "infra/programme.yaml").write_text(ASSETS, "utf-8")
    assert told(repository, first=journey(steps % "stamps", FOLLOW)) == []
    (found,) = told(repository, first=journey(steps % "stampz", FOLLOW))

    assert found.startswith(f"first.yaml:{NAMED_ASSETS[steps]}")
    assert "the asset `stampz` is not declared in `assets` (did you mean `stamps`?)" in found
    path = repository / "infra/journeys/first.yaml"
    assert [str(one) for one in read_together([path]).mistakes] == [f"{path.parent}/{found}"]


OFFERED = "offers: {tote: {gift: tote, title: A tote}}\n"
NAMED_OFFERS = (
    "[{branch: [{when: {offer: %s}, steps: [{tag: a}]}]}]",
    "[{branch: [{when: {offer: [tote, %s]}, steps: [{tag: a}]}]}]",
    "[{branch: [{when: {not: {any: [{offer: %s}]}}, steps: [{tag: a}]}]}]",
    "[{repeat: {every: 1d, times: 2, until: {offer: %s}, steps: [{tag: a}]}}]",
)


@pytest.mark.parametrize("steps", NAMED_OFFERS)
@pytest.mark.parametrize("programme", [OFFERED, ""])
def test_an_offer_that_a_journey_names_is_one_of_the_programme(
    repository: Path, steps: str, programme: str
) -> None:
    if programme:
        (repository / "infra/programme.yaml").write_text(programme, "utf-8")
        assert told(repository, first=journey(steps % "tote", FOLLOW)) == []
    found = told(repository, first=journey(steps % "toot", FOLLOW))

    column = len("steps: ") + steps.index("%s") + 1
    assert any(one.startswith(f"first.yaml:3:{column}: ") for one in found)
    assert all("infra/programme.yaml declares no offer `to" in one for one in found)


def test_a_message_lists_offers_that_have_a_title(repository: Path) -> None:
    text = "[{send: {text: '{offers|none}'}}]"
    assert told(repository, first=journey(text, FOLLOW)) == []
    (repository / "infra/programme.yaml").write_text(OFFERED, "utf-8")
    assert told(repository, first=journey(text, FOLLOW)) == []
    (repository / "infra/programme.yaml").write_text("offers: {tote: {gift: tote}}\n", "utf-8")
    (found,) = told(repository, first=journey(text, FOLLOW))

    assert "no offer of infra/programme.yaml has a title" in found


def test_points_are_of_every_programme(repository: Path) -> None:
    (repository / "infra/programme.yaml").write_text("assets: {stamps: {}}\n", "utf-8")
    assert told(repository, first=journey("[{send: {text: 'You have {points|no} points.'}}]", FOLLOW)) == []


def test_a_journey_that_is_to_start_another_must_exist(repository: Path) -> None:
    found = told(repository, first=journey("[{tag: a}]", "{event: journey, journey: frist}"))

    assert found == ["first.yaml:2:36: there is no journey `frist` (did you mean `first`?)"]


def test_a_journey_that_is_to_start_another_does(repository: Path) -> None:
    found = told(
        repository,
        first=journey("[{tag: a}]", FOLLOW),
        second=journey("[{tag: a}]", "{event: journey, journey: first}"),
    )

    message = "`first` does not start this journey, so it never starts"
    assert found == [f"second.yaml:2:36: {message} (add the step `start: second` there)"]


def test_journeys_do_not_start_each_other_for_ever(repository: Path) -> None:
    found = told(
        repository,
        first=journey("[{wait: 1h}, {start: second}]"),
        second=journey("[{start: third}]"),
        third=journey("[{start: first}]"),
    )

    assert [one.partition(" (")[0] for one in found] == [
        f"{place}: journeys that start each other form an endless loop: {circle}"
        for place, circle in (
            ("first.yaml:3:29", "first → second → third → first"),
            ("second.yaml:3:17", "second → third → first → second"),
            ("third.yaml:3:17", "third → first → second → third"),
        )
    ]


@pytest.mark.parametrize(
    ("again", "off", "refused"),
    [("", "a", True), ("again: never", "a", False), ("again: {after: 30d}", "a", True), ("", "z", False)],
)
def test_journeys_do_not_begin_by_each_others_tags_for_ever(
    repository: Path, again: str, off: str, *, refused: bool
) -> None:
    """A tag that is taken off can be gained again; one that stays on is gained once. A pause is no end."""
    found = told(
        repository,
        first=journey("[{tag: b}]", "{event: tag, tag: a*}") + f"{again}\n",
        second=journey(f"[{{tag: [x, a1]}}, {{untag: [{off}1, b]}}]", "{event: tag, tag: b}"),
    )

    circles = (("first", "second → first"), ("second", "first → second"))
    assert [one.partition(" (")[0] for one in found] == [
        f"{name}.yaml:3:9: journeys that start each other form an endless loop: {name} → {way}"
        for name, way in circles
        if refused
    ]


@pytest.mark.parametrize(
    ("again", "refused"), [("again: {after: 30d}", True), ("again: always", True), ("again: never", False)]
)
def test_journeys_that_start_each_other_end_when_one_is_taken_once(
    repository: Path, again: str, *, refused: bool
) -> None:
    found = told(
        repository, first=journey("[{start: second}]"), second=journey("[{start: first}]") + f"{again}\n"
    )

    hint = "let one of them `stop` instead, or set `again: never` in one"
    assert [one[-len(hint) - 1 : -1] for one in found] == [hint, hint] * refused


KEYED = {"none": "", "order": "again: {per: order}\n", "booking": "again: {per: booking}\n"}


@pytest.mark.parametrize("started", KEYED)
@pytest.mark.parametrize("key", KEYED)
def test_a_journey_that_is_taken_once_per_order_is_started_by_one_that_is_too(
    repository: Path, key: str, started: str
) -> None:
    found = told(
        repository,
        first=journey("[{start: second}, {end: second}]") + KEYED[key],
        second=journey("[{tag: a}, {start: third}]") + KEYED[started],
        third=journey("[{start: second}]") + KEYED[started],
    )

    loops = 2 * (started == "none")
    assert sum("form an endless loop" in one for one in found) == loops
    missing = (
        f"first.yaml:3:17: `second` needs {started}: a run of this journey is not about one, so it never "
        f"starts `second` (give this journey `again: {{per: {started}}}`)"
    )
    others = [one for one in found if "endless loop" not in one]
    assert others == [missing] * (started not in ("none", key))


@pytest.mark.parametrize(("again", "refused"), [("", 1), ("again: {after: 30d}", 1), ("again: never", 0)])
def test_a_journey_does_not_begin_by_its_own_tag_for_ever(repository: Path, again: str, refused: int) -> None:
    itself = journey("[{untag: a}, {tag: a}]", "{event: tag, tag: a}") + f"{again}\n"

    assert [one.partition(" (")[0] for one in told(repository, first=itself)] == [
        "first.yaml:3:21: journeys that start each other form an endless loop: first → first"
    ] * refused


def test_a_journey_does_not_start_itself(repository: Path) -> None:
    found = told(repository, first=journey("[{start: first}]"))

    assert found == ["first.yaml:3:17: a journey cannot start or end itself (`stop` ends it)"]


def test_two_journeys_are_not_one_resource(repository: Path) -> None:
    found = told(repository, **{"a-1": journey("[{tag: a}]"), "a1": journey("[{tag: a}]")})

    assert found == ["a1.yaml:1:1: `a1` and `a-1` both become the resource A1Journey (rename one of them)"]


def test_no_two_menus_share_the_ids_of_their_lines(repository: Path) -> None:
    def menu(key: str) -> str:
        return journey(f"[{{send: {{menu: {{head: h, items: {{{key}: x}}, tail: t}}}}}}]", FOLLOW)

    keys = [f"k{number}" for number in range(12_000)]
    firsts = {menu_number("first/steps/0/content", [key]): key for key in keys}
    (one, other), *_ = [
        (firsts[number], key)
        for key in keys
        if (number := menu_number("second/steps/0/content", [key])) in firsts
    ]
    assert told(repository, first=menu(one), second=menu(one)) == []
    (mistake,) = told(repository, first=menu(one), second=menu(other))
    assert mistake.startswith("second.yaml:3:")
    assert "the items of this menu have the same ids as a menu in `first`" in mistake


def test_a_file_that_cannot_be_read_is_no_reason_to_miss_it(repository: Path) -> None:
    found = told(repository, first=journey("[{end: second}]", FOLLOW), second="title: [")

    assert [one.partition(":")[0] for one in found] == ["second.yaml"]


LACKS = {
    "the runtime cannot send a mass message yet": (
        "title: T\ntrigger: {event: follow}\nsteps: [{send: {mass: ‸{text: a}}}]\n"
    ),
    "the runtime cannot send a template message yet": (
        "title: T\ntrigger: {event: follow}\n"
        "steps: [{send: {purpose: service, text: a, instead: [{template: ‸{id: a, data: {thing1: b}}}]}}]\n"
    ),
}


@pytest.mark.parametrize(("what", "marked"), LACKS.items(), ids=LACKS.keys())
def test_what_the_runtime_lacks_is_refused_by_compile_and_by_nothing_else(
    repository: Path, what: str, marked: str
) -> None:
    before, _, after = marked.partition("‸")
    place = f"{before.count('\n') + 1}:{len(before) - before.rfind('\n')}"

    found = told(repository, first=before + after)

    assert read_text(before + after, "first", "first.yaml").mistakes == ()
    hint = "`simulate` can play it, `compile` cannot deploy it"
    assert found == [f"first.yaml:{place}: {what} ({hint})"]


# --- accounts ------------------------------------------------------------------------------------------

ACCOUNTS = "shop: official_account\nclub: official_account\nmini: mini_program\n"


def with_accounts(repository: Path, text: str) -> Path:
    (repository / "infra/accounts.yaml").write_text(text, "utf-8")
    return repository


def speaking(to: str, steps: str = "[{send: {text: Hi}}]", trigger: str = FOLLOW) -> str:
    return f"speaks_to: {to}\n{journey(steps, trigger)}"


def test_a_journey_speaks_to_an_account_that_is_declared(repository: Path) -> None:
    found = told(with_accounts(repository, ACCOUNTS), first=speaking("shop"), second=speaking("shopp"))
    message = "infra/accounts.yaml declares no account `shopp`"
    assert found == [f"second.yaml:1:12: {message} (did you mean `shop`?)"]


def test_without_a_declaration_accounts_are_called_as_their_kind(repository: Path) -> None:
    assert told(repository, first=speaking("official_account")) == []
    (found,) = told(repository, first=speaking("shop"))
    assert found.startswith("first.yaml:1:12: infra/accounts.yaml declares no account `shop`")


def test_a_mini_program_cannot_be_sent_messages_yet(repository: Path) -> None:
    cart = "{event: mini_program, name: cart}"
    found = told(
        with_accounts(repository, ACCOUNTS),
        quiet=speaking("mini", "[{tag: a}]", cart),
        talks=speaking("mini", trigger=cart),
        elsewhere=speaking("shop", trigger=cart),
    )
    message = "`mini` is a mini program, and messages cannot be sent in a mini program yet"
    assert found == [f"talks.yaml:1:12: {message} (name an official account)"]


def test_acts_never_happen_in_a_mini_program(repository: Path) -> None:
    wait = "[{wait: {event: text, keywords: [hi], within: 1d}}, {tag: a}]"
    cart = "{event: mini_program, name: cart}"
    found = told(
        with_accounts(repository, ACCOUNTS),
        starts=speaking("mini", "[{tag: a}]"),
        waits=speaking("mini", wait, cart),
    )
    told_of = "never happens in `mini`, a mini program (name an official account)"
    assert found == [
        f"starts.yaml:3:18: the event follow {told_of}",
        f"waits.yaml:4:24: the event text {told_of}",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop: service\n", "infra/accounts.yaml:1:7: "),
        ("- shop\n", "infra/accounts.yaml:1:1: "),
        ("The shop: official_account\n", "infra/accounts.yaml:1:11: "),
    ],
)
def test_a_mistake_in_the_declared_accounts_has_its_line_and_column(
    repository: Path, text: str, expected: str
) -> None:
    (found,) = told(with_accounts(repository, text), first=speaking("shop"))
    assert found.startswith(expected)


# --- purposes ------------------------------------------------------------------------------------------

PURPOSES = 'newsletter: {title: News, version: "1", text: I want to hear of news.}\n'


def with_purposes(repository: Path, text: str) -> Path:
    (repository / "infra/consents.yaml").write_text(text, "utf-8")
    return repository


def test_a_purpose_that_messages_need_must_be_declared(repository: Path) -> None:
    steps = "[{send: {text: Hi, consent: newsletter}}, {send: {text: Hi, consent: newsleter}}]"
    found = told(with_purposes(repository, PURPOSES), first=journey(steps, FOLLOW))

    message = "the purpose `newsleter` is not declared in infra/consents.yaml"
    assert found == [f"first.yaml:3:77: {message} (did you mean `newsletter`?)"]


@pytest.mark.parametrize("step", ["agree", "withdraw"])
def test_a_purpose_that_a_step_records_must_be_declared(repository: Path, step: str) -> None:
    word = "{event: text, keywords: [hi]}"
    found = told(with_purposes(repository, PURPOSES), first=journey(f"[{{{step}: newsleter}}]", word))

    (mistake,) = found
    assert mistake.startswith("first.yaml:3:")
    assert mistake.endswith("(did you mean `newsletter`?)")
    assert told(with_purposes(repository, PURPOSES), first=journey(f"[{{{step}: newsletter}}]", word)) == []


def test_an_agreement_is_compiled_with_the_version_of_its_text(repository: Path) -> None:
    files = {"first": journey("[{agree: newsletter}]", "{event: text, keywords: [hi]}")}
    versions = {}
    for text in (PURPOSES, PURPOSES.replace('"1"', '"2"')):
        assert told(with_purposes(repository, text), **files) == []
        project = read_project(repository)
        checked = read_together([repository / JOURNEYS / "first.yaml"])
        alone = read_file(repository / JOURNEYS / "first.yaml")
        (known,) = project.journeys
        for one in (known, checked.reading(repository / JOURNEYS / "first.yaml").journey, alone.journey):
            assert one == known
        (step,) = known.steps
        assert isinstance(step, Agree)
        versions[step.version] = version_of(known)
    assert versions.keys() == {"1", "2"}
    assert len({*versions.values()}) == 2, "another text makes another version of the journey"


@pytest.mark.parametrize(
    ("name", "refused"),
    [("", True), ("name: newsletter", True), ("name: news*", True), ("name: care", False)],
)
def test_a_journey_that_a_withdrawal_begins_does_not_begin_itself_by_one(
    repository: Path, name: str, *, refused: bool
) -> None:
    with_purposes(repository, PURPOSES)
    text = journey("[{withdraw: newsletter}]", f"{{event: consent_withdrawn, {name}}}")
    message = "first.yaml:3:9: journeys that start each other form an endless loop: first → first"

    found = told(repository, first=f"{text}again: always\n")
    assert [one.partition(" (")[0] for one in found] == ([message] if refused else [])
    assert told(repository, first=f"{text}again: never\n") == []


OPT_OUT = journey("[{withdraw: newsletter}]", '{event: text, keywords: [stop, 退订, "no more*"]}')
EXITS = "exits: [{when: {event: {event: text, keywords: [%s]}}, reason: opted out}]\n"


@pytest.mark.capability(row="38")
@pytest.mark.parametrize(
    ("question", "exits", "missing"),
    [
        ("name: q, text: Why?, within: 1h", "", "stop, 退订"),
        ("name: q, text: Why?, within: 1h", EXITS % "STOP!", "退订"),
        ("name: q, text: Why?, within: 1h", EXITS % "stop, 退訂", None),
        ("name: q, text: Why?, within: 1h, choices: {a: 1, b: 2}", "", None),
        ("name: q, text: Why?, within: 1h, parse: number", "", None),
    ],
)
def test_no_question_takes_a_word_for_its_answer_by_which_people_withdraw_a_consent(
    repository: Path, question: str, exits: str, missing: str | None
) -> None:
    asks = journey(f"[{{ask: {{{question}}}}}, {{tag: a}}]", FOLLOW) + exits
    found = told(with_purposes(repository, PURPOSES), asks=asks, leave=OPT_OUT)

    if missing is None:
        assert found == []
    else:
        word = missing.partition(",")[0]
        problem = f"`q` takes any text for its answer, also `{word}`, which withdraws a consent in `leave`"
        hint = f"{{when: {{event: {{event: text, keywords: [{missing}]}}}}, reason: opted out}}"
        assert found == [f"asks.yaml:3:15: {problem} (add to `exits`: `{hint}`)"]


def test_the_purpose_of_a_journey_is_that_of_its_messages_and_is_declared_once(repository: Path) -> None:
    text = f"consent: newsletter\n{journey('[{send: Hi}]', FOLLOW)}".replace("send: Hi", "send: {text: Hi}")
    assert [one.partition(" (")[0] for one in told(repository, first=text)] == [
        "first.yaml:1:10: the purpose `newsletter` is not declared in infra/consents.yaml"
    ]
    assert told(with_purposes(repository, PURPOSES), first=text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("newsletter: {title: News, text: T}\n", "infra/consents.yaml:1:13: `version` is missing"),
        ("newsletter: {title: N, version: 1, txt: T}\n", "infra/consents.yaml:1:36: "),
        ("- newsletter\n", "infra/consents.yaml:1:1: "),
    ],
)
def test_a_mistake_in_the_declared_purposes_has_its_line_and_column(
    repository: Path, text: str, expected: str
) -> None:
    found = told(with_purposes(repository, text), first=journey("[{tag: a}]", FOLLOW))

    assert any(one.startswith(expected) for one in found), found
