"""The mini program of the sandbox: logins, phone numbers, codes that open a page, checks of sessions."""

import base64
import hashlib
import hmac
import re
import secrets

from infra.sandbox.fake_wechat.calls import OK, Answer, Call, File, endpoint, whole_number
from infra.sandbox.fake_wechat.world import Check, RefusedError

_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@._~-]{1,32}")
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A PNG of one point, in place of the code."""

_ADDRESS = re.compile(r"https?://[!-~]{1,4096}")
_PAGE = re.compile(r"[A-Za-z0-9_/-]{1,128}")


def session_signature(session_key: str, body: str) -> str:
    """By the key as a text, not decoded; of a GET the body is empty.

    https://developers.weixin.qq.com/minigame/dev/tutorial/open-ability/session-signature.html
    """
    return hmac.new(session_key.encode(), body.encode(), hashlib.sha256).hexdigest()


@endpoint("/sns/jscode2session", "GET")
def log_in(call: Call) -> Answer:
    """https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html ."""
    program, asked = call.world.mini_program, call.query
    if asked.get("grant_type") != "authorization_code":
        raise RefusedError(40002)
    if asked.get("appid") != program.account.app_id:
        raise RefusedError(40013)
    if asked.get("secret") != program.account.app_secret:
        raise RefusedError(40125)
    openid = program.spend(asked.get("js_code"), call.world.clock.now(), of_a_number=False).openid
    program.session_keys[openid] = secrets.token_urlsafe(16)
    union_id = program.union_ids.get(openid)
    return {
        "openid": openid,
        "session_key": program.session_keys[openid],
        **({"unionid": union_id} if union_id else {}),
    }


@endpoint("/wxa/business/getuserphonenumber", "POST")
def phone_number(call: Call) -> Answer:
    """The number of who shares it.

    https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
    """
    program, now = call.world.mini_program, call.world.clock.now()
    code = program.spend(call.json().get("code"), now, of_a_number=True)
    number = code.number or ""
    watermark = {"timestamp": int(now.timestamp()), "appid": program.account.app_id}
    info = {"phoneNumber": number, "purePhoneNumber": number, "countryCode": "86", "watermark": watermark}
    return {**OK, "phone_info": info}


@endpoint("/wxa/getwxacodeunlimit", "POST")
def code_picture(call: Call) -> File:
    """A code for a scene, of which there is no limit.

    https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html
    """
    asked = call.json()
    scene, page = asked.get("scene"), asked.get("page", "pages/index/index")
    if not isinstance(scene, str) or not _SCENE.fullmatch(scene):
        raise RefusedError(40129)
    if not isinstance(page, str) or not _PAGE.fullmatch(page) or page.startswith("/"):
        raise RefusedError(41030)
    return File("image/png", PICTURE)


@endpoint("/wxa/media_check_async", "POST")
def check_media(call: Call) -> Answer:
    """What is found is pushed.

    https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/mediaCheckAsync.html
    """
    asked, program = call.json(), call.world.mini_program
    url, openid = asked.get("media_url"), asked.get("openid")
    if not isinstance(url, str) or not _ADDRESS.fullmatch(url):
        raise RefusedError(47001, "media_url")
    for name, known in (("media_type", (1, 2)), ("version", (2,)), ("scene", (1, 2, 3, 4))):
        value = asked.get(name)
        if not whole_number(value) or value not in known:
            raise RefusedError(47001, name)
    if not isinstance(openid, str):
        raise RefusedError(40003)
    if not program.has_visitor(openid, call.world.clock.now()):
        raise RefusedError(61010, openid=openid)
    check = Check(secrets.token_hex(12), openid, url)
    program.checks.append(check)
    if program.on_check is not None:
        program.on_check(check)
    return {**OK, "trace_id": check.trace}


@endpoint("/wxa/checksession", "GET")
def check_session(call: Call) -> Answer:
    """https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/checkSessionKey.html ."""
    key = call.world.mini_program.session_keys.get(call.query.get("openid", ""))
    if key is None or call.query.get("sig_method") != "hmac_sha256":
        raise RefusedError(87009)
    if not hmac.compare_digest(session_signature(key, ""), call.query.get("signature", "")):
        raise RefusedError(87009)
    return dict(OK)
