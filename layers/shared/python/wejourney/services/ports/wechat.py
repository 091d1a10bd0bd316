"""WeChat."""

from collections.abc import Mapping
from typing import Any, Protocol

from wejourney.accounts import Account
from wejourney.people.followers import WeChatUserInfo


class WeChat(Protocol):
    """WeChat's knowledge of followers. Raises the errors of `wejourney.messaging.sending.error_of`."""

    def user_info(self, account: Account, openid: str) -> WeChatUserInfo:
        """What WeChat knows of a follower."""


class MessageSender(Protocol):
    """A way to a follower. Raises the errors of `wejourney.messaging.sending.error_of`."""

    def send(self, account: Account, openid: str, content: Mapping[str, Any]) -> None:
        """Send a message. Raises SendOutcomeUnknownError when no answer came."""
