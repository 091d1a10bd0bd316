"""WeChat hangs up after 5 seconds, a cold start included: the callback loads no heavy library."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers.aws import FakeAws, serve_fake_aws
from tests.support.servers.callback_function import CONTEXT, environment, hold_account, write_catalogue
from tests.support.servers.wechat_server import NOW, follow, gateway_event, safe
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.messaging.contents import Text

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "aws_xray_sdk",
    "boto3",
    "botocore.exceptions",
    "botocore.session",
    "pydantic",
    "pynamodb",
    "requests",
    "urllib3",
    "wechatpy",
    "wejourney.journeys.action_types",
}
MOST_MODULES = 250
ENTRY = JourneyEntry("welcome", "v1", Trigger("follow"), Text(text={"zh": "欢迎"}))

SCRIPT = """
import json, sys
from types import SimpleNamespace

own = set(sys.modules)

def loaded():
    return sorted(set(sys.modules) - own)

from functions.wechat_callback import app
after_import = loaded()
request, context = json.loads(sys.stdin.read())
answer = app.handler(request, SimpleNamespace(**context))
print(json.dumps({"import": after_import, "request": loaded(), "answer": answer}))
"""


def run_in_a_fresh_interpreter(aws: FakeAws, catalogue: Path) -> dict[str, dict[str, object] | list[str]]:
    """Import the function and let it handle one encrypted follow; the clock stands still at NOW."""
    clock = catalogue / "clock"
    clock.write_text(f"{NOW.timestamp():.0f}")
    done = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([gateway_event(safe(follow())), vars(CONTEXT)]),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(aws)
        | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/shared/python"), str(catalogue)]),
            "CLOCK": str(clock),
        },
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, object] | list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.capability(row="C1")
def test_the_callback_loads_no_heavy_library_at_start_nor_for_a_request(tmp_path: Path) -> None:
    write_catalogue(tmp_path, [ENTRY])
    with serve_fake_aws() as aws:
        hold_account(aws)
        found = run_in_a_fresh_interpreter(aws, tmp_path)
    assert isinstance(found["answer"], dict)
    assert found["answer"]["statusCode"] == 200
    assert "<Encrypt>" in str(found["answer"]["body"])
    for moment in ("import", "request"):
        modules = found[moment]
        assert isinstance(modules, list)
        assert {"wejourney", "http.client"} <= set(modules)
        assert not FORBIDDEN.intersection(modules)
        assert len(modules) <= MOST_MODULES


MOST_MODULES_BEHIND_THE_API = 320
"""With those of `cryptography` that read certificates."""

MOST_MODULES_OF_THE_API = 350
"""With those of `fastjsonschema` and of the programme; the brand's own systems wait longer than WeChat."""

MOST_MODULES_OF_MINI_PROGRAMS = 360
"""With those of the books, of gifts and coupons, of leader boards and of uploads."""

MOST_MODULES_OF_TILLS = 400
"""With those of the books, and of WeChat's API for codes; it starts before the first till asks."""

IMPORT = """
import json, sys

own = set(sys.modules)
from functions.{function} import app
print(json.dumps(sorted(set(sys.modules) - own)))
"""


@pytest.mark.parametrize(
    ("function", "needed", "most"),
    [
        ("pay_notify", "wejourney.wire.pay.notice", MOST_MODULES_BEHIND_THE_API),
        ("mini_program", "wejourney.wire.mini_program.sessions", MOST_MODULES_OF_MINI_PROGRAMS),
        ("people_api", "wejourney.wire.people_api.requests", MOST_MODULES_OF_THE_API),
        ("store_api", "wejourney.wire.store_api.requests", MOST_MODULES_OF_TILLS),
    ],
)
def test_the_other_functions_behind_the_api_load_no_heavy_library_either(
    function: str, needed: str, most: int
) -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers/shared/python")])
    done = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-c", IMPORT.format(function=function)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
    )
    modules = json.loads(done.stdout)
    assert needed in modules
    assert not (FORBIDDEN | {"phonenumbers"}).intersection(modules)
    assert len(modules) <= most
