"""WeChat's content check: it looks at a picture by its address, and pushes what it finds to the mini program.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/mediaCheckAsync.html
"""

import asyncio
import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from wechatpy.crypto import WeChatCrypto

from infra.sandbox.fake_wechat.world import Check, World
from infra.sandbox.phone import ANSWER_WITHIN, sealed
from infra.sandbox.proxy import SIGNATURE
from infra.sandbox.time_control import TimeControl

type Suggest = Literal["pass", "risky", "review", "later"]
"""What the check says of a picture; `later`: nothing until it is told to."""

TAKES = 0.2
"""Real seconds, while virtual time stands: what is pushed comes after the answer to the call."""

_LABELS = {"pass": 100, "review": 20001, "risky": 20002}
_NOT_FOUND = -1008


@dataclass
class ContentChecks:
    """`url` takes the pushes about the mini program; `suggests` is what is said of each openid's pictures."""

    world: World
    url: str
    http: httpx.AsyncClient
    times: TimeControl
    suggests: dict[str, Suggest] = field(default_factory=dict)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def asked(self, check: Check) -> None:
        """Push the result soon; until then it is in flight."""
        suggest = self.suggests.get(check.openid, "pass")
        if suggest == "later":
            return
        held = ExitStack()
        held.enter_context(self.times.hold())
        task = asyncio.get_running_loop().create_task(self._push_soon(check, suggest, held))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _push_soon(self, check: Check, suggest: Suggest, held: ExitStack) -> None:
        with held:
            await asyncio.sleep(TAKES)
            await self.push(check, suggest)

    async def push(self, check: Check, suggest: Suggest) -> int:
        """The HTTP status that the push is answered with; 0: none."""
        program, now = self.world.mini_program.account, self.world.clock.now()
        told: dict[str, Any] = {
            "ToUserName": program.original_id,
            "FromUserName": check.openid,
            "CreateTime": int(now.timestamp()),
            "MsgType": "event",
            "Event": "wxa_media_check",
            "appid": program.app_id,
            "trace_id": check.trace,
            "version": 2,
        }
        if await self._is_there(check.url):
            result = {"suggest": suggest, "label": _LABELS[suggest]}
            detail = [{"strategy": "content_model", "errcode": 0, **result, "prob": 90}]
            told |= {"detail": detail, "errcode": 0, "errmsg": "ok", "result": result}
        else:
            told |= {"errcode": _NOT_FOUND, "errmsg": "the picture cannot be downloaded"}
        make_crypto: Any = WeChatCrypto  # wechatpy is untyped
        crypto = make_crypto(program.token, program.encoding_aes_key, program.app_id)
        query, encrypted = sealed(crypto, program.token, json.dumps(told), check.openid, now)
        body = {"ToUserName": program.original_id, "Encrypt": encrypted}
        try:
            answer = await self.http.post(self.url, params=query, json=body, timeout=ANSWER_WITHIN)
        except httpx.TransportError:
            return 0
        return answer.status_code

    async def _is_there(self, url: str) -> bool:
        try:
            answer = await self.http.get(url, headers=dict([SIGNATURE]), timeout=ANSWER_WITHIN)
        except httpx.TransportError:
            return False
        return answer.is_success
