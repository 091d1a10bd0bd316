"""What is asked of the local AWS, noted as it happens: what AWS would bill.

Each line of the file is a JSON object: `{"call": FUNCTION, "event": {…}}` for a call of a Lambda function,
`{"request": OPERATION, "body": {…}}` for a request of AWS's JSON protocols (DynamoDB, SQS, EventBridge, Step
Functions), `OPERATION` being what its `X-Amz-Target` header says.
"""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.sandbox.guard import App, AsgiMessage, Receive, Send

_TARGET = b"x-amz-target"


class CallRecorder:
    """Notes into a file, which is begun anew."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("w", encoding="utf-8")
        self._one_at_a_time = threading.Lock()

    def calls(self, execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """MiniStack's execution of a function, noted."""

        def noted(function: dict[str, Any], event: dict[str, Any], *more: Any) -> dict[str, Any]:
            config = function.get("config") or function
            self._note(call=config["FunctionName"], event=event)
            return execute(function, event, *more)

        return noted

    def requests(self, app: App) -> App:
        """MiniStack's door, each request noted."""

        async def noted(scope: AsgiMessage, receive: Receive, send: Send) -> None:
            target = dict(scope.get("headers", ())).get(_TARGET)
            if target is None:
                await app(scope, receive, send)
                return
            chunks: list[AsgiMessage] = []
            while not chunks or chunks[-1].get("more_body"):
                chunks.append(await receive())
            body = b"".join(chunk.get("body", b"") for chunk in chunks)
            self._note(request=target.decode(), body=json.loads(body or b"null"))
            unread = iter(chunks)

            async def again() -> AsgiMessage:
                return next(unread, None) or await receive()

            await app(scope, again, send)

        return noted

    def _note(self, **line: Any) -> None:
        with self._one_at_a_time:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
