"""What WeChat writes in place of a message that it cannot show."""

_PLACEHOLDERS = frozenset({"【收到不支持的消息类型，暂无法显示】", "[Unsupported Message]"})


def is_placeholder(text: str) -> bool:
    """Whether a text stands for a message that WeChat could not show."""
    return text.strip() in _PLACEHOLDERS
