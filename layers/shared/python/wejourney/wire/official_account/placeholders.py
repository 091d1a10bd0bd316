"""What WeChat writes in place of a message that it cannot pass on: a sticker, a GIF, a red packet, a file.

It arrives as an ordinary text message; no field tells it from one that was typed. Seen in
https://github.com/wechatpy/wechatpy/issues/656 and https://github.com/JeffreySu/WeiXinMPSDK/issues/1087.
"""

import re
import unicodedata

_PLACEHOLDER = re.compile(
    r"\s*(?:"
    r"[【\[]\s*收到不支[持援]的(?:消息|訊息|信息)[类類]型\s*,\s*[暂暫][时時]?[无無]法[显顯]示\s*[。.]?\s*[】\]]"
    r"|[【\[]\s*unsupported\s+message(?:\s+type)?(?:\s*,\s*unable\s+to\s+display)?\s*\.?\s*[】\]]"
    r")\s*",
    re.IGNORECASE,
)
_LONGEST = 100
"""Characters; a longer text is not matched at all."""


def is_placeholder(text: str) -> bool:
    """Whether the whole text is WeChat's notice that it cannot show a message.

    Width, blanks and invisible format characters (Unicode category Cf) are ignored.
    """
    if len(text) > _LONGEST:
        return False
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return _PLACEHOLDER.fullmatch(unicodedata.normalize("NFKC", seen)) is not None
