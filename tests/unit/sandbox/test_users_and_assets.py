"""User info, tags, QR codes, media and menus of the fake."""

from typing import Any

OPENID = "oLee"


def test_user_info_tells_how_the_follower_came(fake: Any) -> None:
    fake.act(OPENID, "follow", scene="store-SH01", unionid="uLee")
    info = fake.call("user/info", openid=OPENID)
    assert (info["subscribe"], info["unionid"]) == (1, "uLee")
    assert (info["subscribe_scene"], info["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "store-SH01")


def test_user_info_tells_the_source_and_no_union_id_that_is_not_known(fake: Any) -> None:
    fake.act(OPENID, "follow", subscribe_scene="ADD_SCENE_PROFILE_LINK")
    info = fake.call("user/info", openid=OPENID)
    assert info["subscribe_scene"] == "ADD_SCENE_PROFILE_LINK"
    assert "unionid" not in info


def test_user_info_of_somebody_who_left_says_nothing_else(fake: Any) -> None:
    fake.act(OPENID, "follow", unionid="uLee")
    fake.act(OPENID, "unfollow")
    assert fake.call("user/info", openid=OPENID) == {"subscribe": 0, "openid": OPENID}


def test_user_info_of_a_stranger_is_refused(fake: Any) -> None:
    assert fake.call("user/info", openid="oNobody")["errcode"] == 40003


def test_user_info_can_be_asked_for_a_hundred_at_once(fake: Any) -> None:
    fake.act(OPENID, "follow")
    answer = fake.call("user/info/batchget", {"user_list": [{"openid": OPENID, "lang": "zh_CN"}]})
    assert [info["openid"] for info in answer["user_info_list"]] == [OPENID]
    many = {"user_list": [{"openid": OPENID}] * 101}
    assert fake.call("user/info/batchget", many)["errcode"] == 40035


def test_the_list_of_followers_ends_with_a_page_without_data(fake: Any) -> None:
    fake.act("oLee", "follow")
    fake.act("oJohn", "follow")
    first = fake.call("user/get")
    assert (first["total"], first["data"]["openid"]) == (2, ["oLee", "oJohn"])
    last = fake.call("user/get", next_openid=first["next_openid"])
    assert last == {"total": 2, "count": 0, "next_openid": ""}


def test_tags_are_created_put_on_and_taken_off(fake: Any) -> None:
    fake.act(OPENID, "follow")
    tag = fake.call("tags/create", {"tag": {"name": "bridal"}})["tag"]["id"]
    tagging = {"openid_list": [OPENID], "tagid": tag}
    assert fake.call("tags/members/batchtagging", tagging)["errcode"] == 0
    assert fake.call("tags/getidlist", {"openid": OPENID}) == {"tagid_list": [tag]}
    assert fake.call("tags/get")["tags"] == [{"id": tag, "name": "bridal", "count": 1}]
    assert fake.call("tags/members/batchuntagging", tagging)["errcode"] == 0
    assert fake.call("tags/getidlist", {"openid": OPENID}) == {"tagid_list": []}


def test_tags_have_their_limits(fake: Any) -> None:
    assert fake.call("tags/create", {"tag": {"name": "x" * 31}})["errcode"] == 45158
    assert fake.call("tags/create", {"tag": {"name": "one"}})["tag"]
    assert fake.call("tags/create", {"tag": {"name": "one"}})["errcode"] == 45157
    assert fake.call("tags/members/batchtagging", {"openid_list": [OPENID], "tagid": 2})["errcode"] == 45159


def test_a_qr_code_leads_to_its_scene(fake: Any) -> None:
    wanted = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "store-SH01"}}}
    made = fake.call("qrcode/create", wanted)
    assert made["expire_seconds"] == 60
    assert fake.world.qr_codes == {made["ticket"]: "store-SH01"}


def test_an_account_has_a_hundred_thousand_permanent_codes_and_any_number_of_temporary_ones(
    fake: Any,
) -> None:
    fake.world.permanent_scenes |= set(map(str, range(100_000)))

    def create(action: str, scene: str) -> Any:
        return fake.call(
            "qrcode/create", {"action_name": action, "action_info": {"scene": {"scene_str": scene}}}
        )

    assert create("QR_LIMIT_STR_SCENE", "more")["errcode"] == 40053
    assert create("QR_LIMIT_STR_SCENE", "17")["url"]
    assert create("QR_STR_SCENE", "more")["url"]
    assert create("QR_CARD", "more")["errcode"] == 40052


def test_a_permanent_qr_code_does_not_expire(fake: Any) -> None:
    wanted = {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_000}}}
    assert "expire_seconds" not in fake.call("qrcode/create", wanted)
    wanted["action_info"] = {"scene": {"scene_id": 100_001}}
    assert fake.call("qrcode/create", wanted)["errcode"] == 40053


def test_an_uploaded_picture_can_be_sent(fake: Any) -> None:
    fake.act(OPENID, "follow")
    answer = fake.http.post(
        f"/cgi-bin/media/upload?access_token={fake.token}&type=image",
        files={"media": ("ring.png", b"\x89PNG\r\n", "image/png")},
    ).json()
    assert answer["type"] == "image"
    assert fake.send(OPENID, "image", {"media_id": answer["media_id"]}) == 0


def test_an_upload_needs_a_file_and_a_type(fake: Any) -> None:
    assert fake.call("media/upload", b"x", type="image")["errcode"] == 44002
    assert fake.call("media/upload", b"x", type="scroll")["errcode"] == 40004


def test_the_menu_comes_back_as_it_was_made(fake: Any) -> None:
    assert fake.call("menu/get")["errcode"] == 46003
    menu = {"button": [{"type": "click", "name": "积分", "key": "POINTS"}]}
    assert fake.call("menu/create", menu)["errcode"] == 0
    assert fake.call("menu/get") == {"menu": menu}


def test_a_call_needs_the_right_method_and_an_unknown_one_is_not_there(fake: Any) -> None:
    assert fake.call("message/custom/send")["errcode"] == 43002
    assert fake.http.get("/cgi-bin/message/mass/sendall").status_code == 404
