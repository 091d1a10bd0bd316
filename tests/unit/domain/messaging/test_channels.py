"""WeChat's channels as data."""

from wejourney.messaging.channels import CHANNELS
from wejourney.messaging.contents import CONTENTS


def test_every_kind_of_content_has_its_channel() -> None:
    assert CHANNELS.keys() == CONTENTS.keys()


def test_only_customer_service_messages_need_a_window_and_can_be_deployed() -> None:
    custom = {kind for kind, channel in CHANNELS.items() if channel.windowed}
    assert custom == {"text", "image", "news", "mini_program", "menu"}
    assert custom == {kind for kind, channel in CHANNELS.items() if channel.deployable}


def test_notices_are_for_service_and_never_for_marketing() -> None:
    """https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.md"""
    assert {kind for kind, one in CHANNELS.items() if "marketing" not in one.purposes} == {
        "template",
        "notice",
    }
    assert all("service" in one.purposes for one in CHANNELS.values())
