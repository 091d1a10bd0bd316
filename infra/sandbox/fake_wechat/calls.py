"""One call of WeChat's API, as its endpoints see it, and the table of endpoints."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from infra.sandbox.fake_wechat.world import RefusedError, World

DEEPEST = 32
"""Objects and lists within each other that a body may have."""


class BadJsonError(ValueError):
    """A body that is not a JSON object of finite numbers and whole characters."""


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, which can be written as JSON again. Raises BadJsonError."""
    try:
        data = json.loads(body.decode())
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeError as exc:
        raise BadJsonError("not in UTF-8") from exc
    except RecursionError as exc:
        raise BadJsonError("nested too deeply") from exc
    except ValueError as exc:
        raise BadJsonError(str(exc)) from exc
    if not isinstance(data, dict):
        raise BadJsonError("not an object")
    if _depth_exceeds(data, DEEPEST):
        raise BadJsonError("nested too deeply")
    return data


def _depth_exceeds(value: Any, most: int) -> bool:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not most or any(_depth_exceeds(child, most - 1) for child in children)


def child(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object of this name, or an empty one in place of anything else."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def whole_number(value: Any) -> bool:
    """Whether a value is a whole number; `true` and `1.0` are none."""
    return type(value) is int


@dataclass(frozen=True)
class Call:
    """A call of the API. `content_type` is needed for uploads only, `address` (the fake's) for videos."""

    world: World
    query: Mapping[str, str]
    body: bytes
    content_type: str = ""
    address: str = ""

    def json(self) -> dict[str, Any]:
        """The body. Raises RefusedError unless `read_object` can read it."""
        if not self.body:
            raise RefusedError(44002)
        try:
            return read_object(self.body)
        except BadJsonError as exc:
            raise RefusedError(47001, str(exc)) from exc


class File(NamedTuple):
    content_type: str
    data: bytes


type Answer = dict[str, Any]
type Endpoint = Callable[[Call], Answer | File]
"""It answers an object, or a file."""

ENDPOINTS: dict[tuple[str, str], Endpoint] = {}
"""By method and path, without /cgi-bin/ where it is under that.

WeChat takes either method for most calls, so do we where it does.
"""

OPEN = frozenset({"token", "stable_token", "/sns/jscode2session"})
"""The paths that need no access token."""

OK: Mapping[str, Any] = {"errcode": 0, "errmsg": "ok"}


def endpoint(path: str, *methods: str) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint for its path and methods."""

    def register(function: Endpoint) -> Endpoint:
        for method in methods:
            ENDPOINTS[method, path] = function
        return function

    return register
