"""Phones in the mini program of the sandbox: they log in, and report what happens as `track.js` does."""

import secrets
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, Literal

import httpx
from annotated_types import Gt, Le, MaxLen, MinLen
from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass as validated

from infra.sandbox.content_check import ContentChecks
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.phone import MOST_TIMES, SAMPLES, BadActError
from infra.sandbox.proxy import SIGNATURE
from infra.sandbox.time_control import TimeControl, mistakes_in

ANSWER_WITHIN = 20.0
"""Real seconds."""

_STRICT = ConfigDict(extra="forbid", strict=True)

type Text = Annotated[str, MinLen(1), MaxLen(256)]


@validated(config=_STRICT)
class Opening:
    """Somebody opens the mini program: their openid is one of it, not of the account that they follow."""

    openid: Text
    union_id: Text | None = None


@validated(config=_STRICT)
class Tracking:
    """Events without `id` and `at`: they happen now. The same batch is sent `times` times."""

    openid: Text
    events: list[dict[str, Any]]
    times: Annotated[int, Gt(0), Le(MOST_TIMES)] = 1


@validated(config=_STRICT)
class Sharing:
    """Somebody shares their phone number, of 11 digits."""

    openid: Text
    number: Text


@validated(config=_STRICT)
class Uploading:
    """Somebody uploads a picture, of which the content check says what `suggest` says."""

    openid: Text
    type: Text = "image/jpeg"
    base64: str = ""
    suggest: Literal["pass", "risky", "review", "later"] = "pass"


@validated(config=_STRICT)
class Checking:
    """The content check tells what it says of the last picture of somebody, so often."""

    openid: Text
    suggest: Literal["pass", "risky", "review"] = "pass"
    times: Annotated[int, Gt(0), Le(MOST_TIMES)] = 1


@dataclass
class MiniProgramPhones:
    """`url` is that of the deployed API's paths for mini programs."""

    world: World
    url: str
    http: httpx.AsyncClient
    times: TimeControl
    checks: ContentChecks
    _sessions: dict[str, str] = field(default_factory=dict)

    async def do(self, act: str, details: Mapping[str, Any]) -> dict[str, Any]:
        """Do an act. Returns when it was, the last HTTP status (0: no answer) and what was answered.

        Raises BadActError.
        """
        with self.times.hold():
            now = self.world.clock.now()
            try:
                match act:
                    case "open":
                        status, answer = await self._open(Opening(**details))
                    case "track":
                        status, answer = await self._track(Tracking(**details))
                    case "phone":
                        status, answer = await self._share(Sharing(**details))
                    case "upload":
                        status, answer = await self._upload(Uploading(**details))
                    case "check":
                        status, answer = await self._check(Checking(**details))
                    case _:
                        raise BadActError(f"no act {act}: there are open, track, phone, upload, check")
            except ValidationError as error:
                raise BadActError(mistakes_in(error)) from error
        told = {name: value for name, value in answer.items() if name != "session"}
        return {"at": now.replace(microsecond=0).isoformat(), "status": status, "answer": told}

    async def _open(self, opening: Opening) -> tuple[int, dict[str, Any]]:
        program = self.world.mini_program
        if opening.union_id is not None:
            program.union_ids[opening.openid] = opening.union_id
        code = program.issue(opening.openid, self.world.clock.now())
        status, answer = await self._post("session", {"app_id": program.account.app_id, "code": code}, "")
        if "session" in answer:
            self._sessions[opening.openid] = answer["session"]
        return status, answer

    async def _track(self, tracking: Tracking) -> tuple[int, dict[str, Any]]:
        at = self.world.clock.now().isoformat()
        events = [{"id": secrets.token_hex(8), "at": at, **event} for event in tracking.events]
        outcomes = [
            await self._as(tracking.openid, "events", {"events": events}) for _ in range(tracking.times)
        ]
        return outcomes[-1]

    async def _share(self, sharing: Sharing) -> tuple[int, dict[str, Any]]:
        code = self.world.mini_program.issue(sharing.openid, self.world.clock.now(), sharing.number)
        return await self._as(sharing.openid, "phone", {"code": code})

    async def _upload(self, uploading: Uploading) -> tuple[int, dict[str, Any]]:
        """By the form that the API gives, as `wx.uploadFile` posts it; answers the id of the upload."""
        try:
            picture = b64decode(uploading.base64, validate=True) or SAMPLES["image"][1]
        except ValueError as error:
            raise BadActError("base64: no base64") from error
        self.checks.suggests[uploading.openid] = uploading.suggest
        asked = {"id": secrets.token_hex(8), "type": uploading.type}
        status, answer = await self._as(uploading.openid, "uploads", asked)
        if status != HTTPStatus.OK:
            return status, answer
        try:
            posted = await self.http.post(
                answer["url"],
                data=answer["fields"],
                files={"file": ("photo", picture)},
                headers=dict([SIGNATURE]),
                timeout=ANSWER_WITHIN,
            )
        except httpx.TransportError:
            return 0, {}
        is_there = posted.status_code == HTTPStatus.NO_CONTENT
        return (HTTPStatus.OK if is_there else posted.status_code), {"upload": answer["upload"]}

    async def _check(self, checking: Checking) -> tuple[int, dict[str, Any]]:
        theirs = [one for one in self.world.mini_program.checks if one.openid == checking.openid]
        if not theirs:
            raise BadActError("WeChat was asked to check no picture of theirs")
        statuses = [await self.checks.push(theirs[-1], checking.suggest) for _ in range(checking.times)]
        return statuses[-1], {}

    async def _as(self, openid: str, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """With their session, and once more with a new one if that is over."""
        status, answer = await self._post(path, body, self._sessions.get(openid, ""))
        if status == HTTPStatus.UNAUTHORIZED:
            status, answer = await self._open(Opening(openid))
            if openid in self._sessions:
                status, answer = await self._post(path, body, self._sessions[openid])
        return status, answer

    async def _post(self, path: str, body: Mapping[str, Any], session: str) -> tuple[int, dict[str, Any]]:
        headers = {"authorization": f"Bearer {session}"} if session else {}
        try:
            answer = await self.http.post(
                f"{self.url}/{path}", json=body, headers=headers, timeout=ANSWER_WITHIN
            )
            told = answer.json()
        except (httpx.TransportError, ValueError):
            return 0, {}
        return answer.status_code, told if isinstance(told, dict) else {}
