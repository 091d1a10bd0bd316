"""In a real browser, whatever common font it has, every text of a picture stays on its card.

Needs Chromium; a font that this machine does not have is replaced by the browser.
"""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE
from tests.unit.drawing.everything import EVERYTHING
from workbench.drawing.picture import picture_of
from workbench.drawing.svg import svg_of
from workbench.gallery import kinds, read_exhibit
from workbench.language.journey import Journey
from workbench.language.reading import read_file
from workbench.wording.picture_phrases import LANGUAGES

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FONTS = (
    "DejaVu Sans",
    "Verdana",
    "Noto Sans",
    "Noto Sans CJK SC",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "Arial",
    "sans-serif",
)
PAGE = """<!DOCTYPE html><meta charset="utf-8">
<body>%s<pre id="found"></pre><script>
const found = []; let texts = 0;
for (const font of %s) for (const svg of document.querySelectorAll("svg")) {
  svg.setAttribute("font-family", `"${font}"`);
  for (const text of svg.querySelectorAll("text")) {
    texts += 1;
    const box = text.getBoundingClientRect(), shape = text.parentNode.querySelector("path, rect");
    const room = (shape && text.parentNode !== svg ? shape : svg).getBoundingClientRect();
    const chips = [...text.parentNode.querySelectorAll("rect")].map(one => one.getBoundingClientRect());
    const inside = one => box.left >= one.left - 0.5 && box.right <= one.right + 0.5;
    if (!inside(room) && !chips.some(inside)) found.push([font, svg.dataset.name, text.textContent]);
  }
}
document.getElementById("found").textContent = JSON.stringify({texts, found});
</script>"""


def journeys() -> dict[str, Journey]:
    samples = [read_file(path).journey for path in sorted((ROOT / "infra/journeys").glob("*.yaml"))]
    exhibits = [read_exhibit(kind).read(kind, kind).journey for kind in kinds()]
    return {journey.name: journey for journey in (*samples, *exhibits, EVERYTHING) if journey is not None}


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_no_text_runs_out_of_its_card_in_any_common_font(tmp_path: Path) -> None:
    pictures = [
        svg_of(picture_of(journey, language)).replace("<svg ", f'<svg data-name="{name} {language}" ', 1)
        for name, journey in journeys().items()
        for language in LANGUAGES
    ]
    page = tmp_path / "pictures.html"
    page.write_text(PAGE % ("".join(pictures), json.dumps(FONTS)), "utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE).stdout.decode()  # noqa: S603
    told = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)

    assert told is not None
    result = json.loads(unescape(told[1]))
    assert result["texts"] > 50 * len(FONTS) * len(LANGUAGES)
    assert result["found"] == []
