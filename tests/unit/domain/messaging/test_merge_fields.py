"""Merge fields: what is known is shown, and nothing else ever."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, OPENID, SETTINGS
from wejourney.events.text_matching import is_visible
from wejourney.loyalty.balance import AMOUNTS, Balance
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Menu, MenuItem, Template, Text
from wejourney.messaging.merge_fields import (
    LONGEST_VALUE,
    Merge,
    MergeField,
    fields_of,
    merge,
    noted,
    private_fields,
    render,
    with_private_values,
    without_fields,
)
from wejourney.people.followers import Follower

ANN = Follower(
    APP_ID,
    OPENID,
    "ann",
    points=120,
    tier="gold",
    language="en",
    attributes={"city": "Paris"},
    dates={"booking": "2026-12-01"},
)
KNOWN = Merge(ANN, {"size": "16"})
STRANGER = Merge(Follower(APP_ID, OPENID, "nobody"))


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("Size {answer.size|yours}.", "Size 16.", "Size yours."),
        ("{attribute.city|your city}", "Paris", "your city"),
        ("{date.booking|soon}", "2026-12-01", "soon"),
        ("{points|none} points", "120 points", "0 points"),
        ("{tier|a friend}", "gold", "a friend"),
        ("{language|zh}", "en", "zh"),
        ("{ answer.size | mine }", "16", " mine "),
        ("{answer.size|a|b}", "16", "a|b"),
        ("{answer.size}", "16", ""),
        ("no field", "no field", "no field"),
    ],
)
def test_a_field_shows_what_is_known_else_its_fallback(text: str, known: str, unknown: str) -> None:
    assert merge(text, KNOWN) == known
    assert merge(text, STRANGER) == unknown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a{b}c", "a b c"),
        ("{points|0}", "points|0"),
        ("two\nlines\t here", "two lines here"),
        ("bell\x07", "bell"),
        ("{}", "unknown"),
        ("  \n", "unknown"),
        ("\u200b", "unknown"),
        ("\u2800\ufe0f\u00ad", "unknown"),
        ("a\u200bb\u202e", "ab"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("other", "unknown"),
        ("x" * 100, "x" * LONGEST_VALUE),
        ("x" * (LONGEST_VALUE - 1) + " y", "x" * (LONGEST_VALUE - 1)),
        ("x" * (LONGEST_VALUE - 2) + "👨\u200d👩\u200d👧", "x" * (LONGEST_VALUE - 2)),
        ("x" * (LONGEST_VALUE - 1) + "é" + "🇫🇷", "x" * (LONGEST_VALUE - 1) + "é"),
        ("x" * (LONGEST_VALUE - 1) + "🇫🇷", "x" * (LONGEST_VALUE - 1)),
    ],
)
def test_a_value_is_shown_on_one_line_without_braces_and_short(value: str, shown: str) -> None:
    assert merge("{answer.a|unknown}", Merge(ANN, {"a": value}, is_message=True)) == shown


PLAIN = st.text().filter(lambda text: "{" not in text and "}" not in text)
FALLBACK = PLAIN.filter(is_visible)
NAMES = st.sampled_from(
    [
        "answer.a",
        "answer.b",
        "attribute.city",
        "attribute.x",
        "date.d",
        "points",
        "points.expires_on",
        "tier",
        "language",
        "else",
    ]
)
FIELDS = st.tuples(NAMES, FALLBACK).map(lambda field: f"{{{field[0]}|{field[1]}}}")


@given(st.lists(PLAIN | FIELDS), st.text(), st.text(), st.text())
def test_no_text_ever_shows_a_brace_or_an_empty_field(
    parts: list[str], answer: str, city: str, date: str
) -> None:
    person = replace(ANN, attributes={"city": city}, dates={"d": date}, tier=city)
    known = Merge(person, {"a": answer}, is_message=True)

    shown = [merge(part, known) for part in parts]

    assert merge("".join(parts), known) == "".join(shown)
    assert not {"{", "}"}.intersection("".join(shown))
    assert all(is_visible(said) for part, said in zip(parts, shown, strict=True) if part.startswith("{"))


# --- balances --------------------------------------------------------------------------------------------

BALANCES = {
    "points": Balance(120, unclaimed=30, pending=8, held=5, expiring=20, expires_on="2026-12-31"),
    "stamps": Balance(3, expiring=2, expires_on="2027-01-31"),
}


@pytest.mark.parametrize(("asset", "balance"), BALANCES.items())
@pytest.mark.parametrize("part", AMOUNTS)
def test_a_field_shows_the_part_of_the_balance_that_it_names_of_any_asset(
    asset: str, balance: Balance, part: str
) -> None:
    person = ANN.having("points", BALANCES["points"]).having("stamps", BALANCES["stamps"])
    name = "" if part == "available" else f".{part}"
    fields = [f"{{balance.{asset}{name}|none}}"]
    fields += [f"{{points{name}|none}}"] if asset == "points" else []

    assert {merge(field, Merge(person)) for field in fields} == {str(balance.amount(part))}
    assert {merge(field, STRANGER) for field in fields} == {"0"}


@pytest.mark.parametrize("language", ["en", "zh", "fr"])
@pytest.mark.parametrize(("asset", "balance"), BALANCES.items())
def test_the_last_day_of_what_expires_next_is_written_as_other_dates_are(
    asset: str, balance: Balance, language: str
) -> None:
    account = AccountSettings(APP_ID, language=language)
    person = replace(ANN.having(asset, balance), dates={"booking": balance.expires_on})

    def shown(field: str, who: Follower) -> str:
        return str(render(Text({"any": f"{{{field}|never}}"}), replace(who, language=None), account)["text"])

    assert shown(f"balance.{asset}.expires_on", person) == shown("date.booking", person)
    assert shown(f"balance.{asset}.expires_on", ANN) == "never"


@pytest.mark.parametrize(
    "name",
    [
        "points.",
        "points.unclamed",
        "points.available",
        "balance",
        "balance.",
        "balance.A",
        "balance.stamps.x.y",
        "points.earned",
    ],
)
def test_what_names_no_part_of_a_balance_is_no_field(name: str) -> None:
    field = MergeField(name, "x")

    assert not field.is_known
    assert merge(str(field), KNOWN) == "x"


# --- dates -----------------------------------------------------------------------------------------------

SHANGHAI_DAY = "2026-11-26T18:05+00:00"
"""Already the 27th in Shanghai."""


@pytest.mark.parametrize(
    ("value", "texts", "shown"),
    [
        ("2026-11-26T10:00", {"en": "On {date.booking|then}."}, "On 26 November, 10:00."),
        ("2026-11-26T10:00", {"zh": "{date.booking|届时}见"}, "11月26日 10:00见"),
        ("2026-11-26T10:00", {"fr": "{date.booking|alors}"}, "2026-11-26 10:00"),
        ("2026-11-26T10:00", {"any": "{date.booking|then}"}, "26 November, 10:00"),
        ("2026-11-26", {"en": "{date.booking|then}"}, "26 November"),
        (SHANGHAI_DAY, {"en": "{date.booking|then}"}, "27 November, 02:05"),
        (SHANGHAI_DAY, {"zh": "{date.booking|届时}"}, "11月27日 02:05"),
        ("9999-12-31T23:59:59-12:00", {"en": "{date.booking|then}"}, "9999-12-31T23:59:59-12:00"),
        ("next week", {"en": "{date.booking|then}"}, "next week"),
        ("", {"en": "{date.booking|then}"}, "then"),
    ],
)
def test_a_date_is_said_in_the_language_of_the_text_on_the_readers_clock(
    value: str, texts: dict[str, str], shown: str
) -> None:
    person = replace(ANN, dates={"booking": value})
    account = AccountSettings(APP_ID, language=next(iter(texts)))

    assert render(Text(texts), person, account)["text"] == shown


def test_markup_in_a_value_is_escaped_in_messages_and_kept_in_profiles() -> None:
    said = {"a": "<a href='https://evil.example'>win</a>"}

    assert (
        render(Text({"en": "{answer.a|}"}), ANN, SETTINGS, said)["text"]
        == "＜a href='https://evil.example'＞win＜/a＞"
    )
    assert noted({"city": "{answer.a|}"}, Merge(ANN, said))[0] == {"city": said["a"]}


def test_a_date_that_is_noted_stays_as_it_is() -> None:
    assert merge("{date.booking|}", KNOWN) == "2026-12-01"


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"city": "{attribute.city|}", "size": "{answer.size|}"}, {"city": "Paris", "size": "16"}),
        ({"size": "{answer.none|}"}, {}),
        ({"date.wedding": "{answer.size|}", "language": "{answer.size|en}", "member": "perhaps"}, {}),
        ({"date.wedding": "{answer.none|2026-12-24}"}, {"date.wedding": "2026-12-24"}),
    ],
)
def test_an_empty_or_invalid_value_is_not_saved(values: dict[str, str], kept: dict[str, str]) -> None:
    assert noted(values, KNOWN)[0] == kept


def test_the_fields_of_a_text_are_known_by_name() -> None:
    found = tuple(fields_of("{answer.size|x} {points} {name|} {answer.|}"))
    assert found == (
        MergeField("answer.size", "x"),
        MergeField("points", None),
        MergeField("name", ""),
        MergeField("answer.", ""),
    )
    assert [one.is_known for one in found] == [True, True, False, False]
    assert [one.answer for one in found] == ["size", None, None, ""]


def test_a_brace_outside_a_field_is_kept() -> None:
    assert without_fields("a {points|0} b") == "a  b"
    assert without_fields("a {points|0 b") == "a {points|0 b"


def test_every_text_of_a_content_is_filled_in_in_the_followers_language() -> None:
    menu = Menu(
        head={"en": "{tier|x}", "zh": "头"},
        items=(MenuItem("a", {"any": "{answer.size|?}"}),),
        tail={"any": "{points|0}"},
    )
    assert render(menu, ANN, SETTINGS, {"size": "16"}) == {
        "type": "menu",
        "head": "gold",
        "items": [{"id": "a", "text": "16"}],
        "tail": "120",
    }
    template = Template(template_id="t", data={"thing1": {"zh": "{attribute.city|店}", "en": "{tier|x}"}})
    assert render(template, replace(ANN, language=None), SETTINGS) == {
        "type": "template",
        "template_id": "t",
        "data": {"thing1": "Paris"},
        "url": None,
    }
    assert render(Text(text={"any": "{answer.size|?}"}), ANN, SETTINGS)["text"] == "?"


# --- private values -------------------------------------------------------------------------------------

PRIVATE = replace(ANN, attributes={"city": "Paris", "phone": "sealed:k:eA=="})
CALL = Menu({"any": "We call {attribute.phone|you} in {attribute.city}."}, (MenuItem("a", {"any": "Yes"}),))


def test_a_private_value_shows_nothing_and_its_field_stays_where_it_is_to_be_filled_in_later() -> None:
    assert render(CALL, PRIVATE, SETTINGS)["head"] == "We call you in Paris."

    kept = render(CALL, PRIVATE, SETTINGS, keeps_private=True)
    assert private_fields(kept) == {"phone"}
    assert with_private_values(kept, {"phone": "<138>\n0013"})["head"] == "We call ＜138＞ 0013 in Paris."
    assert with_private_values(kept, {}) == render(CALL, PRIVATE, SETTINGS)


def test_a_field_that_is_no_attribute_stays_as_it_is_beside_private_values() -> None:
    assert private_fields(["{points}", 1, ("{answer.size|mine}",)]) == frozenset()
    assert with_private_values("{answer.size|mine} {points}", {"size": "16"}) == "{answer.size|mine} {points}"
