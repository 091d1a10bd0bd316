"""What WeChat tells an account of its followers, and the account's tags in WeChat."""

from typing import Any

from infra.sandbox.fake_wechat.calls import OK, Answer, Call, child, endpoint, whole_number
from infra.sandbox.fake_wechat.world import Person, RefusedError, World

FIRST_OWN_TAG = 100
TAGS = 100
TAGS_PER_PERSON = 20
TAG_NAME = 30
PAGE = 10_000
BATCH = 100


@endpoint("user/info", "GET")
def info(call: Call) -> Answer:
    """https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo ."""
    return _info(call.world, call.query.get("openid"))


@endpoint("user/info/batchget", "POST")
def info_of_many(call: Call) -> Answer:
    """The same for up to 100 openids."""
    wanted = call.json().get("user_list")
    if not isinstance(wanted, list) or not 0 < len(wanted) <= BATCH:
        raise RefusedError(40035, "user_list")
    if not all(isinstance(user, dict) for user in wanted):
        raise RefusedError(40035, "user_list")
    return {"user_info_list": [_info(call.world, user.get("openid")) for user in wanted]}


@endpoint("user/get", "GET")
def openids(call: Call) -> Answer:
    """The followers' openids, by pages; a page with no follower has no data."""
    everyone = [person.openid for person in call.world.followers()]
    after = call.query.get("next_openid", "")
    if after and after not in everyone:
        raise RefusedError(40003, openid=after)
    page = everyone[everyone.index(after) + 1 if after else 0 :][:PAGE]
    data = {"data": {"openid": page}} if page else {}
    return {"total": len(everyone), "count": len(page), **data, "next_openid": page[-1] if page else ""}


@endpoint("tags/create", "POST")
def create_tag(call: Call) -> Answer:
    """At most 100 tags, with names of at most 30 characters."""
    tags, name = call.world.tags, child(call.json(), "tag").get("name")
    if not isinstance(name, str) or not 0 < len(name) <= TAG_NAME:
        raise RefusedError(45158)
    if name in tags.values():
        raise RefusedError(45157)
    if len(tags) >= TAGS:
        raise RefusedError(45056)
    tag_id = max(tags, default=FIRST_OWN_TAG - 1) + 1
    tags[tag_id] = name
    return {"tag": {"id": tag_id, "name": name}}


@endpoint("tags/get", "GET")
def get_tags(call: Call) -> Answer:
    """All tags with the number of followers that carry them."""
    people = list(call.world.followers())
    return {
        "tags": [
            {"id": tag_id, "name": name, "count": sum(tag_id in person.tag_ids for person in people)}
            for tag_id, name in call.world.tags.items()
        ]
    }


@endpoint("tags/members/batchtagging", "POST")
def put_tag_on(call: Call) -> Answer:
    """Tag up to 50 followers."""
    tag_id, people = _tagging(call)
    for person in people:
        if len(person.tag_ids) >= TAGS_PER_PERSON:
            raise RefusedError(45059, openid=person.openid)
        if tag_id not in person.tag_ids:
            person.tag_ids.append(tag_id)
    return dict(OK)


@endpoint("tags/members/batchuntagging", "POST")
def take_tag_off(call: Call) -> Answer:
    tag_id, people = _tagging(call)
    for person in people:
        if tag_id in person.tag_ids:
            person.tag_ids.remove(tag_id)
    return dict(OK)


@endpoint("tags/getidlist", "POST")
def tags_of(call: Call) -> Answer:
    return {"tagid_list": list(call.world.recipient(call.json().get("openid")).tag_ids)}


def _tagging(call: Call) -> tuple[int, list[Person]]:
    data = call.json()
    tag_id: Any = data.get("tagid")
    openids = data.get("openid_list")
    if not whole_number(tag_id) or tag_id not in call.world.tags:
        raise RefusedError(45159)
    if not isinstance(openids, list) or not 0 < len(openids) <= 50:  # noqa: PLR2004
        raise RefusedError(40035, "openid_list")
    return tag_id, [call.world.recipient(openid) for openid in openids]


def _info(world: World, openid: Any) -> dict[str, Any]:
    person = world.people.get(openid) if isinstance(openid, str) else None
    if person is None:
        raise RefusedError(40003, openid=openid if isinstance(openid, str) else None)
    if not person.following or person.subscribed_at is None:
        return {"subscribe": 0, "openid": person.openid}
    numeric = person.scene.isdecimal()
    return {
        "subscribe": 1,
        "openid": person.openid,
        **dict.fromkeys(("nickname", "city", "province", "country", "headimgurl", "remark"), ""),
        "sex": 0,
        "groupid": 0,
        "language": person.language,
        "subscribe_time": int(person.subscribed_at.timestamp()),
        "tagid_list": list(person.tag_ids),
        "subscribe_scene": person.subscribe_scene,
        "qr_scene": int(person.scene) if numeric else 0,
        "qr_scene_str": "" if numeric else person.scene,
        **({"unionid": person.union_id} if person.union_id else {}),
    }
