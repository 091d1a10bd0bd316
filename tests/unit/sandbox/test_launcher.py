"""What cannot work is one clear line that says what to do."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.bench.serving import served
from infra.sandbox import launcher, run, stack
from infra.sandbox.proxy import create_proxy
from infra.sandbox.settings import (
    ROOT,
    SandboxError,
    Settings,
    environment_of,
    settings_from_environment,
)
from tests.support.patience import PATIENCE
from tests.support.servers.dynamodb import free_port
from wejourney.clock import Clock


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


def test_without_variables_the_contracts_ports_and_speed_apply() -> None:
    settings = settings_from_environment({})
    assert (settings.api_url, settings.fake_url) == ("http://127.0.0.1:8700", "http://127.0.0.1:8701")
    assert settings.speed == 3600


def test_variables_move_the_ports_and_set_the_speed() -> None:
    settings = settings_from_environment({"API_PORT": "1", "FAKE_PORT": "2", "SPEED": "1"})
    assert settings == Settings(api_port=1, fake_port=2, speed=1)


def test_a_child_reads_the_settings_that_its_parent_has_written(tmp_path: Path) -> None:
    for settings in (
        Settings(),
        Settings(
            *(1, 2, 3, 0.0, tmp_path, tmp_path / "t.yaml", tmp_path / "project", tmp_path / "drafts"),
            starts=datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Asia/Shanghai")),
            meter=tmp_path / "meter",
        ),
    ):
        assert settings_from_environment(environment_of(settings)) == settings


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"API_PORT": "x"}, "API_PORT"),
        ({"FAKE_PORT": "70000"}, "FAKE_PORT"),
        ({"SPEED": "fast"}, "SPEED"),
        ({"SPEED": "0.5"}, "SPEED"),
        ({"SPEED": "-1"}, "SPEED"),
        ({"SPEED": "nan"}, "SPEED"),
        ({"API_PORT": "8701"}, "FAKE_PORT"),
        ({"STARTS": "monday"}, "STARTS"),
        ({"STARTS": "2026-11-23T10:00"}, "STARTS"),
        *(
            ({name: port}, f"{name}={port}")
            for name in ("API_PORT", "FAKE_PORT", "AWS_PORT")
            for port in ("80", "080", "-1", "65536", "1e3", "0" if name != "AWS_PORT" else "x")
        ),
        ({"AWS_PORT": "8700"}, "AWS_PORT"),
    ],
)
def test_a_wrong_variable_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SandboxError, match=named) as caught:
        settings_from_environment(environment)
    assert "\n" not in str(caught.value)


def test_a_taken_port_is_one_line_that_names_its_variable(taken_port: int, tmp_path: Path) -> None:
    environment = {"FAKE_PORT": str(taken_port), "SANDBOX_DIR": str(tmp_path), "UV": sys.executable}
    done = subprocess.run(
        [sys.executable, "-m", "infra.sandbox.run"],
        cwd=ROOT,
        env=environment | {"API_PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"port {taken_port} is taken" in line
    assert "FAKE_PORT" in line


def test_a_missing_uv_is_one_line_that_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV", "no-such-uv")
    with pytest.raises(SandboxError, match="no-such-uv is not on the PATH: run `make setup`") as caught:
        stack.check_tools(Settings())
    assert "\n" not in str(caught.value)


def test_a_wrong_python_version_is_one_line_that_names_the_right_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "PYTHON", (2, 7))
    assert run.main([]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "needs Python 2.7" in line


@pytest.mark.parametrize(("arguments", "status"), [(["demo"], 130), ([], 0)])
def test_a_ctrl_c_during_the_imports_ends_quietly(tmp_path: Path, arguments: list[str], status: int) -> None:
    (tmp_path / "httpx.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(3600)")
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "infra.sandbox.run", *arguments],
        cwd=ROOT, env={"PYTHONPATH": str(tmp_path)}, stdout=-1, stderr=-1, text=True,
    ) as starting:  # fmt: skip
        assert starting.stdout is not None
        assert starting.stdout.readline() == "importing\n"
        starting.send_signal(signal.SIGINT)
        assert starting.communicate(timeout=PATIENCE) == ("", "")
    assert starting.returncode == status


@pytest.mark.parametrize(("variable", "language"), [("", "en"), ("DEMO_LANG=", "en"), ("DEMO_LANG=zh", "zh")])
def test_the_demo_speaks_english_unless_a_language_is_given(variable: str, language: str) -> None:
    command = ["make", "--dry-run", "demo", *filter(None, [variable])]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert f"demo --lang {language}\n" in told.stdout


async def _echo(request: Request) -> Response:
    seen = request.scope["raw_path"] + b"?" + request.scope["query_string"] + b"\n" + await request.body()
    return Response(
        seen, status_code=201, headers={"x-method": request.method, "x-key": request.headers["x-key"]}
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.anyio
async def test_the_api_port_hands_everything_on_byte_for_byte(method: str) -> None:
    aws = Starlette(routes=[Route("/{path:path}", _echo, methods=["GET", "POST", "PUT"])])
    with served(aws) as endpoint:
        app = create_proxy(endpoint, "api1", httpx.AsyncClient(trust_env=False))
        proxy = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        sent = await proxy.request(
            method,
            "http://127.0.0.1:8700/wechat/wx%201?a=%E4%BD%A0&b=+x&b",
            content=b"\x00\xff{",
            headers={"x-key": "v"},
        )
    assert sent.content == b"/_aws/execute-api/api1/$default/wechat/wx%201?a=%E4%BD%A0&b=+x&b\n\x00\xff{"
    assert (sent.status_code, sent.headers["x-method"], sent.headers["x-key"]) == (201, method, "v")


def test_the_local_aws_and_its_functions_get_nothing_of_the_developers_own_aws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = (
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_SESSION_TOKEN",
        "POWERTOOLS_LOG_LEVEL",
        "PYNAMODB_CONFIG",
    )
    for name in own:
        monkeypatch.setenv(name, "of the developer")
    given = launcher._aws_settings("http://127.0.0.1:4566", Settings(directory=tmp_path), Clock())
    assert "of the developer" not in given.values()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
