"""What WeChat pushes about a mini program: JSON or XML, whichever its console says, plain or encrypted.

https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from wejourney.accounts import Account
from wejourney.errors import CallbackRefusedError
from wejourney.text import json_object, printable
from wejourney.wire.http import HttpRequest
from wejourney.wire.official_account.request import XML_FORM, BodyForm, OpenedCallback, open_callback
from wejourney.wire.official_account.xml import ALWAYS_LISTS, SINGLE

_DEEPEST = 16


def open_push(request: HttpRequest, account: Account, now: datetime, tolerance: timedelta) -> OpenedCallback:
    """As `open_callback`, which this is for a body in XML."""
    form = _JSON_FORM if request.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else XML_FORM
    return open_callback(request, account, now, tolerance, form)


def _encrypted(body: bytes) -> Sequence[str]:
    text = _object(body).get("Encrypt")
    return [text] if isinstance(text, str) else []


def _fields(message: bytes) -> dict[str, Any]:
    """The fields as `parse_xml` has them: numbers are texts, and what WeChat repeats is a list."""
    fields = {name: _value(name, value, 0) for name, value in _object(message).items()}
    if not fields:
        raise CallbackRefusedError(400, "the body is an object without fields")
    return fields


def _object(text: bytes) -> dict[str, Any]:
    value = json_object(text)
    if value is None:
        raise CallbackRefusedError(400, "the body is no JSON object")
    return value


def _value(name: str, value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise CallbackRefusedError(400, "the body is nested too deeply")
    if isinstance(value, dict | list) and name in SINGLE:
        raise CallbackRefusedError(400, "a field that has one text has several or has fields of its own")
    if isinstance(value, dict):
        read: Any = {printable(part): _value(part, one, depth + 1) for part, one in value.items()}
    elif isinstance(value, list):
        read = [_value("", one, depth + 1) for one in value]
    else:
        read = "" if value is None else printable(value if isinstance(value, str) else json.dumps(value))
    return [read] if name in ALWAYS_LISTS and not isinstance(read, list) else read


_JSON_FORM = BodyForm(_encrypted, _fields)
