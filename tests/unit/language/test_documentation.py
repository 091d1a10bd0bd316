import re
from pathlib import Path

import pytest

from wejourney.domain.followers import SOURCES
from wejourney.domain.messages import BYTE_LIMITS
from wejourney.language.compiling import compile_journey
from wejourney.language.reading import read_text

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("journeys.md", "journeys.zh-CN.md")
EXAMPLES = [
    pytest.param(example, id=f"{page} {number}")
    for page in PAGES
    for number, example in enumerate(
        re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL), start=1
    )
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_compiles(example: str) -> None:
    reading = read_text(example, "example", "example.yaml")

    assert reading.mistakes == ()
    assert reading.journey is not None
    assert compile_journey(reading.journey, "example.yaml")["States"]


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_name_every_source_and_every_limit_of_a_text(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")

    assert all(f"`{source}`" in text for source in SOURCES.values())
    assert all(str(limit) in text for limit in BYTE_LIMITS.values())
    assert len(re.findall("```yaml", text)) == len(
        re.findall("```yaml", (DOCS / PAGES[0]).read_text("utf-8"))
    )
