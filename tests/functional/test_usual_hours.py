"""Messages at the hour at which people usually write, beside messages at a fixed hour."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.docs.pages import page
from tests.support.cli import run

PROFILE = """
counters:
  evenings: {event: text, keywords: "*", hours: "18:00-23:00"}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (found,) = [
        text for _, text in page("docs/journeys.md").blocks if "split:" in text and "evenings" in text
    ]
    (tmp_path / "infra/journeys").mkdir(parents=True)
    (tmp_path / "infra/profile.yaml").write_text(PROFILE, "utf-8")
    (tmp_path / "infra/journeys/news.yaml").write_text(found, "utf-8")
    return tmp_path


def lived(project: Path, name: str, hour: int) -> str:
    """When somebody gets the news who has written at this hour on four days, and wants it on the fifth."""
    says = "".join(f"\n  - {{at: {day}d {hour}h 5m, say: hello}}" for day in range(4))
    wants = "\n  - {at: 4d 9h, tag: wants-news}"
    text = f'name: {name}\nstarts: "2026-11-02T00:00"\nacts:\n  - follow: {{}}{says}{wants}\n'
    (project / f"{name}.yaml").write_text(text, "utf-8")
    journey = project / "infra/journeys/news.yaml"
    done = run("simulate", str(journey), "--persona", str(project / f"{name}.yaml"), "--json")
    assert done.exit_code == 0, done.output
    (sent,) = [one["at"] for one in json.loads(done.stdout)[name] if one["what"] == "message_sent"]
    return f"{datetime.fromisoformat(sent) + timedelta(hours=8):%H:%M}"


@pytest.mark.capability(row="62")
def test_a_half_gets_the_news_at_noon_and_the_other_half_when_they_usually_write(project: Path) -> None:
    """Who is in which half does not depend on when they write."""
    by_name = {name: (lived(project, name, 19), lived(project, name, 9)) for name in "abcdefgh"}

    assert set(by_name.values()) == {("12:00", "12:00"), ("20:00", "10:00")}


@pytest.mark.capability(row="62")
def test_the_funnel_counts_each_way_by_itself(project: Path) -> None:
    journey = project / "infra/journeys/news.yaml"
    done = run("simulate", str(journey), "--population", "400", "--json")
    assert done.exit_code == 0, done.output
    steps = json.loads(done.stdout)["steps"]

    fixed, usual = steps["1.share1.1"]["reached"], steps["1.share2.1"]["reached"]
    assert fixed + usual == steps["1"]["reached"] == 400
    assert 160 <= fixed <= 240, "half of them"
    evening, morning = (steps[f"1.share2.1.{way}.1"]["reached"] for way in ("case1", "otherwise"))
    assert evening + morning == usual
    assert min(evening, morning) > 0
