"""What the sandbox puts right in MiniStack's Lambda, and the names that this depends on."""

import inspect
import io
import types
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from infra.sandbox import ministack_patches

runtime: Any = lambda_runtime
service: Any = lambda_svc

HANDLER = """
import os

class WeChatBusyError(Exception):
    pass

def handler(event, context):
    if event == "fail":
        raise WeChatBusyError("try again")
    if event == "die":
        os._exit(1)
    return {"pid": os.getpid()}
"""


def test_workers_still_unpack_layers_where_they_can_be_shared() -> None:
    source = inspect.getsource(runtime.Worker._spawn)
    assert "zipfile.ZipFile(lzip) as lzf" in source
    assert "lzf.extractall(layer_dir)" in source
    assert 'f"layer_{len(layers_dirs)}"' in source


def test_a_worker_still_reports_errors_as_it_did() -> None:
    assert runtime._PYTHON_WORKER_SCRIPT.count(ministack_patches.REPORTED) == 1
    assert f'"error": "{ministack_patches.DIED}"' in inspect.getsource(runtime.Worker.invoke)


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function in a worker of its own; call it with an event."""
    for module, name in ((runtime, "_PYTHON_WORKER_SCRIPT"), (service, "_execute_function_warm")):
        monkeypatch.setattr(module, name, getattr(module, name))
    ministack_patches.keep_error_types()
    ministack_patches.one_worker_each()
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as made:
        made.writestr("app.py", HANDLER)
    config = {
        "FunctionName": "f",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Timeout": 900,
    }
    record = {"config": config, "code_zip": code.getvalue()}
    yield lambda event: service._execute_function_warm(record, event, "1")
    runtime.reset()


def test_a_handlers_error_keeps_its_name_and_its_worker(function: Any) -> None:
    before = function("work")["body"]["pid"]
    failed = function("fail")
    assert failed["error"] is True
    assert (failed["body"]["errorType"], failed["body"]["errorMessage"]) == ("WeChatBusyError", "try again")
    assert "Traceback" in failed["log"]
    assert function("work")["body"]["pid"] == before


def test_a_worker_that_dies_is_an_exit_error_and_has_a_successor(function: Any) -> None:
    assert function("die")["body"]["errorType"] == "Runtime.ExitError"
    assert function("work")["body"]["pid"]


def test_calls_of_one_function_follow_one_another_in_one_worker(function: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(function, ["work"] * 8))
    assert len({answer["body"]["pid"] for answer in answers}) == 1


def test_workers_share_their_unpacked_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "zipfile", zipfile)
    ministack_patches.share_layers(tmp_path / "layers")
    (tmp_path / "layers").mkdir()
    archive = tmp_path / "layer.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("python/package/__init__.py", "x = 1")
    for worker in ("one", "two"):
        target = tmp_path / worker / "layer_0"
        target.mkdir(parents=True)
        with runtime.zipfile.ZipFile(archive) as layer:
            layer.extractall(target)
    files = {(tmp_path / name / "layer_0/python/package/__init__.py").resolve() for name in ("one", "two")}
    assert len(files) == 1
    assert isinstance(runtime.zipfile, types.SimpleNamespace)


def test_a_functions_own_code_is_not_shared(tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("app.py", "x = 1")
    with ministack_patches.SharedLayers(archive) as code:
        code.extractall(tmp_path / "code")
    assert (tmp_path / "code/app.py").exists()
    assert not (tmp_path / "code/app.py").is_symlink()
