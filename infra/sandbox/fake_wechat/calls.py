"""One call of WeChat's API, as its endpoints see it, and the table of endpoints."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from infra.sandbox.fake_wechat.refusals import RefusedError
from infra.sandbox.fake_wechat.world import World


@dataclass(frozen=True)
class Call:
    """A call under /cgi-bin/. `content_type` is needed for uploads only."""

    world: World
    query: Mapping[str, str]
    body: bytes
    content_type: str = ""

    def json(self) -> dict[str, Any]:
        """The body. Raises RefusedError unless it is a JSON object in UTF-8."""
        if not self.body:
            raise RefusedError(44002)
        try:
            data = json.loads(self.body.decode())
        except ValueError as exc:
            raise RefusedError(47001, str(exc)) from exc
        if not isinstance(data, dict):
            raise RefusedError(47001, "not an object")
        return data


type Answer = dict[str, Any] | Response
type Endpoint = Callable[[Call], Answer]

ENDPOINTS: dict[tuple[str, str], Endpoint] = {}
"""By method and path under /cgi-bin/; WeChat takes either method for most calls, so do we where it does."""

OPEN = frozenset({"token", "stable_token", "showqrcode"})
"""The paths that need no access token."""

OK: Mapping[str, Any] = {"errcode": 0, "errmsg": "ok"}


def endpoint(path: str, *methods: str) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint for its path and methods."""

    def register(function: Endpoint) -> Endpoint:
        for method in methods:
            ENDPOINTS[method, path] = function
        return function

    return register
