"""Start MiniStack, the local AWS, as the sandbox needs it: `python -m infra.sandbox.local_aws`.

It takes MiniStack's own environment variables, CLOCK for the file with the virtual time, SANDBOX_LAYERS for
the directory in which layers are unpacked, and METER for the file in which requests are noted, if they are to
be. What is changed in MiniStack, and why, stands at the top of `ministack_patches.py`.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ministack.app

from infra.sandbox.guard import App, AsgiMessage, Guard, Receive, Send, read_ahead, signed_calls
from infra.sandbox.ministack_patches import (
    keep_error_types,
    lambdas,
    one_worker_each,
    patch_deliveries,
    patch_schedules,
    patch_step_functions,
    patch_streams,
    runtime,
    share_layers,
)
from infra.sandbox.processes import end_with_parent
from infra.sandbox.proxy import DEPLOYED, as_the_caller_sent_them
from infra.sandbox.settings import GRACE
from infra.sandbox.time_control import timed
from infra.sandbox.timekeeper import Timekeeper

server: Any = ministack.app

UNSIGNED = ("GET", "/_ministack/health")
"""What MiniStack answers without a signature, because the launcher waits for it. sam, boto3, PynamoDB and the
functions sign every call, uploads to S3 included; presigned addresses are not used. The API's port signs what
it hands on (`proxy.py`)."""


class CallRecorder:
    """Notes what AWS would bill into a file, which is begun anew, one JSON object a line.

    `{"call": FUNCTION, "event": {…}}` is a call of a Lambda function, `{"request": OPERATION, "body": {…}}` a
    request of AWS's JSON protocols (DynamoDB, SQS, EventBridge, Step Functions), as its `X-Amz-Target` says.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.open("w", encoding="utf-8")
        self._writing = threading.Lock()

    def calls(self, execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """MiniStack's execution of a function, noted."""

        def execute_noted(function: dict[str, Any], event: dict[str, Any], *more: Any) -> dict[str, Any]:
            config = function.get("config") or function
            self._note(call=config["FunctionName"], event=event)
            return execute(function, event, *more)

        return execute_noted

    def requests(self, app: App) -> App:
        """MiniStack's door, each request noted."""

        async def noted(scope: AsgiMessage, receive: Receive, send: Send) -> None:
            target = dict(scope.get("headers", ())).get(b"x-amz-target")
            if target is not None and (read := await read_ahead(receive)) is not None:
                body, receive = read
                self._note(request=target.decode(), body=json.loads(body or b"null"))
            await app(scope, receive, send)

        return noted

    def _note(self, **line: Any) -> None:
        with self._writing:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()


def guarded(app: App) -> App:
    """MiniStack's door behind the guard; it bounds bodies itself."""

    async def without_our_signature(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        if scope.get("path", "").startswith(DEPLOYED):
            scope = {**scope, "headers": as_the_caller_sent_them(scope["headers"])}
        await app(scope, receive, send)

    return Guard(without_our_signature, signed_calls(UNSIGNED))


def main() -> None:
    """Run MiniStack until it is told to end, or its parent is gone."""
    end_with_parent(GRACE)
    keeper = Timekeeper(Path(os.environ["CLOCK"]))
    patch_step_functions(keeper)
    patch_deliveries(keeper)
    patch_streams(keeper)
    patch_schedules(keeper)
    keep_error_types()
    one_worker_each()
    share_layers(Path(os.environ["SANDBOX_LAYERS"]))
    if file := os.environ.pop("METER", ""):
        meter = CallRecorder(Path(file))
        server.app = meter.requests(server.app)
        lambdas._execute_function_warm = meter.calls(lambdas._execute_function_warm)  # noqa: SLF001 - see there
    server.app = guarded(timed(server.app, keeper))
    # MiniStack hands its environment on to the functions; they have to get the clock from the template.
    os.environ.pop("CLOCK", None)
    try:
        server.main()
    finally:
        # SIGTERM ends MiniStack by SystemExit; its functions' processes end with it.
        runtime.reset()
    sys.exit(0)


if __name__ == "__main__":
    main()
