"""What is noted of a person has the form that its name asks for."""

import pytest

from wejourney.people.profile_fields import expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("member", "true"),
        ("customer", "false"),
        ("language", "zh"),
        ("language", "zh_TW"),
        ("time_zone", "Europe/Paris"),
        ("date.booking", "2026-12-01"),
        ("date.booking", "2026-12-01T18:00+08:00"),
        ("city", "anything at all"),
        ("memberships", "two"),
    ],
)
def test_a_value_of_its_form_can_be_noted(name: str, value: str) -> None:
    assert expected(name, value) is None


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("member", "yes", "true or false"),
        ("language", "English", "a language such as en or zh-TW"),
        ("time_zone", "Paris", "a time zone such as Europe/Paris"),
        ("date.booking", "next week", "a date such as 2026-12-01, or a moment such as 2026-12-01T18:00"),
    ],
)
def test_an_invalid_value_is_told_what_it_must_be(name: str, value: str, form: str) -> None:
    assert expected(name, value) == form
