"""One of every kind of step, and of every trigger that the runtime has, with what sets it off."""

from collections.abc import Mapping
from datetime import timedelta

from tests.support.virtual_time.asl import (
    Act,
    click,
    close_chat,
    follow,
    note,
    say,
    scan,
    send_media,
    tell,
    view,
)
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.messaging.contents import Menu, MenuItem, Text
from workbench.language.step_types import (
    Agree,
    Ask,
    Award,
    Branch,
    Case,
    EndJourney,
    Give,
    HandOver,
    Notify,
    Repeat,
    Send,
    Set,
    Share,
    Split,
    StartJourney,
    Step,
    Stop,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
    Withdraw,
)

HOUR = timedelta(hours=1)
HOURS = 3600
HI = Text({"any": "hi"})
SENT = (Tag(("inside",)),)
"""What is on every path inside a step."""

COUPON = CouponTerms(Discount(percent=10), 30)
STEPS: Mapping[str, Step] = {
    "send": Send(HI),
    "send, or not": Send(HI, not_sent=SENT),
    "send to those who agreed": Send(HI, consent="newsletter"),
    "ask": Ask("q", 2 * HOURS, Menu({"any": "?"}, (MenuItem("yes", {"any": "yes"}),)), unanswered=SENT),
    "repeat": Repeat(HOURS, 3, Condition(tags=("inside",)), (Tag(("again",)),)),
    "repeat what waits": Repeat(HOURS, 2, Condition(member=True), (Ask("q", HOURS, unanswered=SENT),)),
    "ask for a date": Ask("q", 2 * HOURS, Text({"any": "when?"}), unanswered=SENT, parse="date", retries=2),
    "ask about what was said": Ask("q", 2 * HOURS, unanswered=SENT),
    "notify": Notify("staff", {"en": "look at {points|0}"}),
    "hand over": HandOver("staff", 2 * HOURS),
    "wait": Wait(2 * HOURS),
    "wait until": WaitUntil(12 * 60),
    "wait for a date": WaitDate("day", 2 * HOURS, otherwise=SENT),
    "wait for an event": WaitEvent(EventPattern("scan"), 2 * HOURS, otherwise=SENT),
    "branch": Branch((Case(Condition(tags=("x",)), SENT),), SENT),
    "branch on events": Branch((Case(Condition(events=(EventCount(EventPattern("view")),)), SENT),)),
    "split": Split("half", (Share(50, SENT), Share(50))),
    "tag": Tag(("t",)),
    "untag": Untag(("t",)),
    "agree": Agree("newsletter", "1"),
    "withdraw": Withdraw("newsletter"),
    "set": Set({"city": "Paris", "date.day": "2026-12-01"}),
    "award": Award(5, "because"),
    "coupon": Give("coupon", "SPRING"),
    "coupon of the programme": Give("coupon", "welcome-10", COUPON, "Asia/Shanghai"),
    "offer": Give("offer", "tea"),
    "start": StartJourney("another"),
    "end": EndJourney("another"),
    "goal": Stop("bought", goal=True),
    "stop": Stop("enough"),
}

_NOW = timedelta()
TRIGGERS: Mapping[str, tuple[Trigger, Act]] = {
    "follow": (Trigger("follow", scene="store-*"), follow("store-SH01")),
    "scan": (Trigger("scan"), scan("store-SH01", _NOW)),
    "text": (Trigger("text", keywords=("hi*",)), say("hi there", _NOW)),
    "image": (Trigger("image"), send_media("image", _NOW)),
    "voice": (Trigger("voice"), send_media("voice", _NOW)),
    "video": (Trigger("video"), send_media("video", _NOW)),
    "location": (Trigger("location"), send_media("location", _NOW)),
    "link": (Trigger("link"), send_media("link", _NOW)),
    "click": (Trigger("click", key="K"), click("K", _NOW)),
    "view": (Trigger("view", url="*"), view("https://x", _NOW)),
    "chat_closed": (Trigger("chat_closed"), close_chat(_NOW)),
    "tag": (Trigger("tag", name="vip"), tell("tag", _NOW, tag="vip")),
    "points": (Trigger("points", at_least=500), tell("points", _NOW, before=400, points=600)),
    "journey": (Trigger("journey"), tell("journey", _NOW, journey="made-up", by="x")),
    "payment": (Trigger("payment", at_least=100), tell("payment", _NOW, order="1", total=100)),
    "refund": (Trigger("refund"), tell("refund", _NOW, order="1", total=100)),
    "mini_program": (Trigger("mini_program", name="cart.*"), tell("mini_program", _NOW, name="cart.left")),
    "segment": (Trigger("segment", name="gold"), tell("segment", _NOW, segment="gold")),
    "check_in": (Trigger("check_in", name="op*"), tell("check_in", _NOW, name="opening")),
    "consent_given": (
        Trigger("consent_given", name="news*"),
        tell("consent_given", _NOW, purpose="newsletter"),
    ),
    "consent_withdrawn": (
        Trigger("consent_withdrawn", name="news*"),
        tell("consent_withdrawn", _NOW, purpose="newsletter"),
    ),
    "tier.changed": (Trigger("tier.changed", name="gold"), tell("tier.changed", _NOW, tier="gold")),
    "member.joined": (Trigger("member.joined"), tell("member.joined", _NOW)),
    "gift.claimed": (Trigger("gift.claimed"), tell("gift.claimed", _NOW, units=5)),
    "gift.returned": (Trigger("gift.returned"), tell("gift.returned", _NOW, units=5)),
    "upload.approved": (Trigger("upload.approved"), tell("upload.approved", _NOW, upload="U")),
    "upload.rejected": (Trigger("upload.rejected"), tell("upload.rejected", _NOW, upload="U")),
    # The calendar comes to the moment that the trigger means: it is ten o'clock in Shanghai.
    "date": (Trigger("date", name="birthday", time=600), tell("date", _NOW, date="birthday")),
    "schedule": (Trigger("schedule", time=600), tell("schedule", _NOW)),
}

LATER: tuple[Act, ...] = (
    say("yes", HOUR),
    scan("x", HOUR + timedelta(minutes=1)),
    close_chat(HOUR + timedelta(minutes=2)),
    note(HOUR + timedelta(minutes=3), date_day="2026-11-22T11:30"),
)
"""What answers each of the steps that wait."""
