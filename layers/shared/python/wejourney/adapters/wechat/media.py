"""Files that people have sent, as WeChat hands them over for three days.

https://developers.weixin.qq.com/doc/service/api/material/temporary/api_getmedia
"""

import re
from urllib.parse import urlsplit

from wejourney.accounts import Account
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.calls import File, FileTooLargeError, file_of_wechat, repeatable
from wejourney.errors import ContentRejectedError, WeChatBusyError
from wejourney.messaging.media import LARGEST_MEDIA, MediaFile
from wejourney.services.media.ports import MediaGoneError, MediaTooLargeError

_ADDRESS = re.compile(r"https?://[\w.-]+(?::[0-9]{1,5})?/[!-~]*", re.ASCII)


class WeChatMedia:
    """The files of all accounts. `base_url` is without a path; `most` is how many bytes a file may have."""

    def __init__(self, base_url: str, tokens: AccessTokens, most: int = LARGEST_MEDIA) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._most = most

    def download(self, account: Account, media_id: str) -> MediaFile:
        """WeChat tells of most videos where they are, and hands some over like other files.

        That address needs no token, and is not of the API's host.
        """
        try:
            answer = repeatable(
                lambda: self._tokens.used_in(account, lambda token: self._asked(token, media_id))
            )
            if isinstance(answer, dict):
                answer = self._video(answer.get("video_url"))
        except ContentRejectedError:
            raise MediaGoneError from None
        except FileTooLargeError:
            raise MediaTooLargeError(self._most) from None
        return MediaFile(answer.content_type, answer.data)

    def _asked(self, token: str, media_id: str) -> File | dict[str, object]:
        query = {"access_token": token, "media_id": media_id}
        return file_of_wechat(f"{self._base_url}/cgi-bin/media/get", query, self._most)

    def _video(self, url: object) -> File:
        if not isinstance(url, str) or not _ADDRESS.fullmatch(url):
            raise WeChatBusyError(0, detail="the answer has neither a file nor the address of a video")
        is_elsewhere = urlsplit(url).netloc != urlsplit(self._base_url).netloc
        answer = repeatable(lambda: file_of_wechat(url, {}, self._most, public_only=is_elsewhere))
        if isinstance(answer, dict):
            raise WeChatBusyError(0, detail="there is no video at the address that WeChat has told")
        return answer
