"""What belongs to the account: its access tokens, QR codes, media library and menu."""

import re
import secrets
import time
from datetime import datetime
from typing import Any

from infra.sandbox.fake_wechat.calls import ENDPOINTS, OK, Answer, Call, File, child, endpoint, whole_number
from infra.sandbox.fake_wechat.world import MEDIA_LIVES, AccessTokens, RefusedError, Token
from wejourney.messaging.channels import DAILY_CUSTOM_MESSAGES

LONGEST_SCENE = 64
LONGEST_LIFE = 2_592_000
DEFAULT_LIFE = 60
PERMANENT_SCENES = 100_000
"""The highest permanent scene that is a number, and how many permanent codes an account has."""

OTHER_CALLS_A_DAY = 500_000
"""Of any other call. https://developers.weixin.qq.com/doc/service/guide/dev/api/limit.html ."""

_CALLER = "127.0.0.1"
"""Whoever calls the sandbox."""

MEDIA_TYPES = ("image", "voice", "video", "thumb")

_BOUNDARY = re.compile(r'multipart/form-data;.*?boundary="?([^";]+)', re.IGNORECASE)
_FILE = re.compile(rb"content-disposition:[^\r\n]*;\s*filename\*?=", re.IGNORECASE)

_LONGEST_PART_HEAD = 4096


@endpoint("token", "GET")
def token(call: Call) -> Answer:
    """https://developers.weixin.qq.com/doc/service/en/Basic_Information/Get_access_token.html ."""
    tokens, now = _tokens_of(call, call.query), call.world.clock.real_now()
    return _granted(tokens.issue(now), now)


@endpoint("stable_token", "POST")
def stable_token(call: Call) -> Answer:
    """https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken ."""
    data = call.json()
    tokens, now = _tokens_of(call, data), call.world.clock.real_now()
    return _granted(tokens.stable(now, force=data.get("force_refresh") is True), now)


def _tokens_of(call: Call, given: Any) -> AccessTokens:
    """The access tokens of the account, or of the mini program, whose credentials these are."""
    world = call.world
    known = {
        account.app_id: (account.app_secret, tokens)
        for account, tokens in (
            (world.account, world.tokens),
            (world.mini_program.account, world.mini_program.tokens),
        )
    }
    if given.get("grant_type") != "client_credential":
        raise RefusedError(40002)
    app_id = given.get("appid")
    if not isinstance(app_id, str) or app_id not in known:
        raise RefusedError(40013)
    secret, tokens = known[app_id]
    if given.get("secret") != secret:
        raise RefusedError(40125)
    if app_id == world.account.app_id and not world.allows_address:
        raise RefusedError(40164, f"invalid ip {_CALLER} ipv6 ::ffff:{_CALLER}, not in whitelist")
    return tokens


def _granted(token: Token, now: datetime) -> Answer:
    return {"access_token": token.value, "expires_in": int((token.over - now).total_seconds())}


@endpoint("openapi/quota/get", "POST")
def quota(call: Call) -> Answer:
    """https://developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota.html ."""
    path = call.json().get("cgi_path")
    name = path.removeprefix("/cgi-bin/") if isinstance(path, str) else ""
    if name == path or not any(known == name for _method, known in ENDPOINTS):
        raise RefusedError(76021)
    limit, used = OTHER_CALLS_A_DAY, call.world.calls[name]
    if name == "message/custom/send":
        limit, used = DAILY_CUSTOM_MESSAGES, DAILY_CUSTOM_MESSAGES - call.world.quota_left
    return {**OK, "quota": {"daily_limit": limit, "used": used, "remain": max(limit - used, 0)}}


@endpoint("qrcode/create", "POST")
def create_qr_code(call: Call) -> Answer:
    """A code for a scene; a temporary one lives 60 seconds unless told.

    https://developers.weixin.qq.com/doc/service/Account_Management/Generating_a_Parametric_QR_Code.html
    """
    data = call.json()
    action, life = data.get("action_name"), data.get("expire_seconds", DEFAULT_LIFE)
    scene = _scene(str(action), child(child(data, "action_info"), "scene"))
    if not whole_number(life) or life < 1:
        raise RefusedError(40035, "expire_seconds")
    permanent = call.world.permanent_scenes
    if "LIMIT" in str(action):
        if scene not in permanent and len(permanent) >= PERMANENT_SCENES:
            raise RefusedError(40053, "all permanent codes are used up")
        permanent.add(scene)
    ticket = secrets.token_urlsafe(60)
    call.world.qr_codes[ticket] = scene
    answer: dict[str, Any] = {"ticket": ticket, "url": url_of(ticket)}
    if "LIMIT" not in str(action):
        answer["expire_seconds"] = min(life, LONGEST_LIFE)
    return answer


def url_of(ticket: str) -> str:
    """The text in the picture of a code."""
    return f"http://weixin.qq.com/q/{ticket[:20]}"


def _scene(action: str, wanted: dict[str, Any]) -> str:
    if action in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
        scene = wanted.get("scene_str")
        if not isinstance(scene, str) or not 0 < len(scene) <= LONGEST_SCENE:
            raise RefusedError(40053, "scene_str")
        return scene
    if action in ("QR_SCENE", "QR_LIMIT_SCENE"):
        number: Any = wanted.get("scene_id")
        highest = PERMANENT_SCENES if "LIMIT" in action else 2**32 - 1
        if not whole_number(number) or not 0 < number <= highest:
            raise RefusedError(40053, "scene_id")
        return str(number)
    raise RefusedError(40052, "action_name")


@endpoint("media/upload", "POST")
def upload(call: Call) -> Answer:
    """A temporary medium."""
    kind = call.query.get("type", "")
    if kind not in MEDIA_TYPES:
        raise RefusedError(40004)
    boundary = _BOUNDARY.match(call.content_type)
    parts = call.body.split(b"--" + boundary[1].encode("latin-1"))[1:] if boundary else []
    if not any(_FILE.search(part[:_LONGEST_PART_HEAD].partition(b"\r\n\r\n")[0]) for part in parts):
        raise RefusedError(44002, "no file in the form")
    media_id = secrets.token_urlsafe(48)
    call.world.media.add(media_id)
    return {"type": kind, "media_id": media_id, "created_at": int(time.time())}


@endpoint("media/get", "GET")
def sent_media(call: Call) -> Answer | File:
    """A file that a follower has sent within three days; of a video where it is.

    https://developers.weixin.qq.com/doc/service/api/material/temporary/api_getmedia
    """
    media_id = call.query.get("media_id", "")
    sent = call.world.sent_media.get(media_id)
    if sent is None or call.world.clock.now() - sent.at >= MEDIA_LIVES:
        raise RefusedError(40007)
    if sent.content_type.startswith("video/"):
        return {"video_url": f"{call.address}/video/{media_id}"}
    return File(sent.content_type, sent.data)


@endpoint("menu/create", "POST")
def create_menu(call: Call) -> Answer:
    data = call.json()
    if not isinstance(data.get("button"), list) or not 0 < len(data["button"]) <= 3:  # noqa: PLR2004
        raise RefusedError(40035, "button")
    call.world.menu = data
    return dict(OK)


@endpoint("menu/get", "GET")
def get_menu(call: Call) -> Answer:
    if call.world.menu is None:
        raise RefusedError(46003)
    return {"menu": call.world.menu}


@endpoint("menu/delete", "GET")
def delete_menu(call: Call) -> Answer:
    call.world.menu = None
    return dict(OK)
