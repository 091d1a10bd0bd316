"""A till in the browser, for a shop assistant: the page, and what it asks of the deployed API.

The page holds no key: the sandbox signs what it asks, as the software of a till does.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import segno
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from infra.sandbox.settings import StoreAccount
from infra.sandbox.time_control import TimeControl
from wejourney.wire.store_api.signature import Credentials, signature_of

ANSWER_WITHIN = 20.0
"""Real seconds."""

_PAGE = Path(__file__).parent
_FILES = ("page.css", "page.js", "words.json")
SECURE: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_BAD_GATEWAY = 502


@dataclass(frozen=True)
class Tills:
    """`url` is that of the deployed API."""

    url: str
    http: httpx.AsyncClient
    times: TimeControl
    now: Callable[[], datetime]
    store: StoreAccount = field(default_factory=StoreAccount)

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/till", self.page),
            Route("/sandbox/till/{file}", self.file),
            Route("/sandbox/till-api/{path:path}", self.ask, methods=["GET", "POST"]),
        ]

    async def page(self, _request: Request) -> Response:
        return FileResponse(_PAGE / "page.html", headers=dict(SECURE))

    async def file(self, request: Request) -> Response:
        name = request.path_params["file"]
        if name not in _FILES:
            return Response("", status_code=404)
        return FileResponse(_PAGE / name, headers=dict(SECURE))

    async def ask(self, request: Request) -> Response:
        """Sign it for this till, and hand it on; a code comes back as a picture."""
        path, content = f"/store/v1/{request.path_params['path']}", await request.body()
        with self.times.hold():
            now = int(self.now().timestamp())
            who = Credentials(self.store.name, self.store.till, now, secrets.token_hex(16))
            signature = signature_of(self.store.key.encode(), request.method, path, who, content)
            headers = {"authorization": replace(who, signature=signature).header()}
            try:
                answer = await self.http.request(
                    request.method,
                    self.url + path,
                    content=content,
                    headers=headers | {"content-type": "application/json"},
                    timeout=ANSWER_WITHIN,
                )
                told: Any = answer.json()
            except (httpx.TransportError, ValueError):
                return JSONResponse({"error": {"code": "unavailable"}}, _BAD_GATEWAY, headers=SECURE)
        if isinstance(told, dict) and told.get("code"):
            told["picture"] = segno.make_qr(told["code"]).svg_data_uri(scale=8)
        return JSONResponse(told, answer.status_code, headers=SECURE)
