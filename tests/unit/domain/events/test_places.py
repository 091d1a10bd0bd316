"""Whether something happened near a place."""

from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.events.values import Near, microdegrees

PARIS = Near(48_869_800, 2_329_900, 500)
LATITUDES, LONGITUDES = st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)
NEARS = st.builds(Near, LATITUDES, LONGITUDES, st.integers(1, 100_000))


def at(latitude: float, longitude: float) -> dict[str, str]:
    return {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"}


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        ((48.858222, 2.294500), (48.873792, 2.295028), 1_732),
        ((31.239700, 121.499800), (31.239700, 121.499800), 0),
        ((51.477500, 0.0), (51.477500, 180.0), 8_558_000),
        ((0.0, 179.9995), (0.0, -179.9995), 111),
        ((90.0, 0.0), (90.0, 120.0), 0),
    ],
    ids=[
        "the Eiffel Tower to the Arc de Triomphe",
        "nowhere",
        "over the pole",
        "over the date line",
        "at the pole",
    ],
)
def test_distances_are_those_along_the_earths_surface(
    one: tuple[float, float], other: tuple[float, float], metres: float
) -> None:
    latitude, longitude = (round(degrees * 1_000_000) for degrees in one)
    for share, near in ((1.005, True), (0.995, metres == 0)):
        assert Near(latitude, longitude, round(metres * share + 1 * near)).holds(at(*other)) is near


@given(NEARS)
def test_a_place_is_near_itself_and_is_read_as_it_was_written(near: Near) -> None:
    assert Near.parse(str(near)) == near
    assert near.holds(near.example())


@given(
    latitude=st.integers(-80, 80),
    longitude=LONGITUDES,
    metres=st.integers(50, 10_000),
    eastwards=st.booleans(),
)
def test_what_is_a_little_farther_than_allowed_is_not_near(
    latitude: int, longitude: int, metres: int, *, eastwards: bool
) -> None:
    """A degree has 111,195 metres from north to south; from east to west fewer, by the latitude."""
    near, degrees = Near(latitude * 1_000_000, longitude, metres), metres / 111_195
    for share, holds in ((0.99, True), (1.01, False)):
        moved = degrees * share / (cos(radians(latitude)) if eastwards else 1)
        there = at(latitude + (0 if eastwards else moved), longitude / 1e6 + (moved if eastwards else 0))
        if abs(float(there["longitude"])) <= 180:
            assert near.holds(there) is holds


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"latitude": "48.8698"},
        {"latitude": "", "longitude": ""},
        {"latitude": "48,8698", "longitude": "2,3299"},
        {"latitude": "north", "longitude": "east"},
        {"latitude": "98.8698", "longitude": "2.3299"},
        {"latitude": "48.8698", "longitude": "182.3299"},
        {"latitude": "nan", "longitude": "inf"},
        {"latitude": 48.8698, "longitude": 2.3299},
        {"latitude": ["48.8698"], "longitude": {"a": "2.3299"}},
        {"latitude": "４８.8698", "longitude": "2.3299"},
    ],
)
def test_what_says_no_place_is_near_none(details: dict[str, object]) -> None:
    assert not Near(48_869_800, 2_329_900, 100_000).holds(details)
    assert PARIS.holds(at(48.8698, 2.3299))


@given(st.text(max_size=20))
def test_any_text_is_degrees_in_their_bounds_or_none(text: str) -> None:
    value = microdegrees(text, 90)
    assert value is None or abs(value) <= 90_000_000
