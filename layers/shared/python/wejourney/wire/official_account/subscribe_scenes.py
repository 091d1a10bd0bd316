"""How a follower came to follow, in WeChat's words and in ours."""

from collections.abc import Mapping

SOURCES: Mapping[str, str] = {
    "ADD_SCENE_SEARCH": "search",
    "ADD_SCENE_ACCOUNT_MIGRATION": "migration",
    "ADD_SCENE_PROFILE_CARD": "profile_card",
    "ADD_SCENE_QR_CODE": "qr",
    "ADD_SCENE_PROFILE_LINK": "article",
    "ADD_SCENE_PROFILE_ITEM": "article_menu",
    "ADD_SCENE_PAID": "payment",
    "ADD_SCENE_WECHAT_ADVERTISEMENT": "advertisement",
    "ADD_SCENE_REPRINT": "reprint",
    "ADD_SCENE_LIVESTREAM": "livestream",
    "ADD_SCENE_CHANNELS": "channels",
    "ADD_SCENE_WXA": "mini_program",
    "ADD_SCENE_OTHERS": "other",
}
"""WeChat's `subscribe_scene` and our word for it; a value that is not here is kept as it came.

https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
"""

WECHAT_SCENES: Mapping[str, str] = {ours: wechats for wechats, ours in SOURCES.items()}
"""WeChat's word for each of ours."""
