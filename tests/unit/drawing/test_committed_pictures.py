"""The pictures that the documentation shows are what the command draws."""

from pathlib import Path

import pytest

from workbench.drawing.picture import picture_of
from workbench.drawing.svg import svg_of
from workbench.language.reading import read_file
from workbench.wording.picture_phrases import Language

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("language", "suffix"), [("en", "svg"), ("zh", "zh-CN.svg")])
def test_the_committed_picture_is_up_to_date(language: Language, suffix: str) -> None:
    journey = read_file(ROOT / "infra/journeys/welcome-from-store.yaml").journey
    assert journey is not None
    committed = (ROOT / f"docs/images/welcome-from-store.{suffix}").read_text("utf-8")
    again = f"uv run wejourney graph … --lang {language} -o docs/images/welcome-from-store.{suffix}"
    assert committed == svg_of(picture_of(journey, language)), f"run `{again}`"
