"""MiniStack's Lambda, with three things put right that journeys need.

See `local_engine.py` on why its functions are wrapped by name.

1. A handler's error keeps its class name, and its worker lives on, as on AWS. MiniStack calls every error
   `Runtime.HandlerError`, which no `Retry` or `Catch` of a journey names, and ends the worker, whose
   successor takes a second to start. A worker that dies is Lambda's
   `Runtime.ExitError`.
2. Layers are unpacked once, into one directory, and stay there with their bytecode. MiniStack unpacks and
   compiles 50 MB anew for every worker of every function: most of the sandbox's start.
3. A function has one worker, for which its calls wait; virtual time stands meanwhile. MiniStack starts
   another worker for each call that comes while the others work, which takes longer than the work.
"""
# ruff: noqa: SLF001 - MiniStack has no public interface for any of this

import threading
import types
import zipfile
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import ministack.core.lambda_runtime
import ministack.services.lambda_svc

runtime: Any = ministack.core.lambda_runtime
service: Any = ministack.services.lambda_svc

REPORTED = """{"status": "error", "error": str(e), "trace": traceback.format_exc()}"""
"""What MiniStack's worker says of a handler's error."""

FAILURE = "failure of the handler"
_REPORTED_IN_FULL = f"""{{"status": "ok", "result": {{"{FAILURE}": {{
                "errorType": type(e).__name__, "errorMessage": str(e),
                "stackTrace": traceback.format_exc().splitlines()}}}}}}"""
DIED = "Worker process died"


def keep_error_types() -> None:
    """Let the errors of handlers reach their callers by name."""
    runtime._PYTHON_WORKER_SCRIPT = runtime._PYTHON_WORKER_SCRIPT.replace(REPORTED, _REPORTED_IN_FULL)
    execute = service._execute_function_warm

    def execute_and_name_the_error(*args: Any) -> dict[str, Any]:
        result: dict[str, Any] = execute(*args)
        body = result["body"] if isinstance(result["body"], dict) else {}
        if failure := body.get(FAILURE):
            log = "\n".join(filter(None, [result.get("log"), *failure["stackTrace"]]))
            return {"body": failure, "error": True, "log": log}
        if result.get("error") and body.get("errorMessage") == DIED:
            return {**result, "body": {**body, "errorType": "Runtime.ExitError"}}
        return result

    service._execute_function_warm = execute_and_name_the_error


def one_worker_each() -> None:
    """Let the calls of a function follow one another."""
    working: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
    execute = service._execute_function_warm

    def one_at_a_time(func: dict[str, Any], *args: Any) -> Any:
        with working[(func.get("config") or func)["FunctionName"]]:
            return execute(func, *args)

    service._execute_function_warm = one_at_a_time


class SharedLayers(zipfile.ZipFile):
    """Unpacks a layer (a folder `layer_…` of a worker) where all workers share it; all else as ever."""

    directory: Path
    unpacking = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Link the worker's folder to the shared one, which the first worker makes."""
        if not Path(path).name.startswith("layer_"):
            super().extractall(path, members, pwd)
            return
        contents = [(member.filename, member.CRC, member.file_size) for member in self.infolist()]
        shared = self.directory / sha256(repr(contents).encode()).hexdigest()[:16]
        with self.unpacking:
            if not shared.exists():
                unfinished = shared.with_suffix(".part")
                super().extractall(unfinished)
                unfinished.rename(shared)
        for child in shared.iterdir():
            (Path(path) / child.name).symlink_to(child)


def share_layers(directory: Path) -> None:
    """Let MiniStack's workers share their unpacked layers in this directory."""
    SharedLayers.directory = directory
    errors = {"BadZipFile": zipfile.BadZipFile, "LargeFileError": zipfile.LargeZipFile}
    runtime.zipfile = types.SimpleNamespace(ZipFile=SharedLayers, **errors)
