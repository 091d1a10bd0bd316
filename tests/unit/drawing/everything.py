"""A journey with every kind of step, of content, and of condition."""

from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Again, Condition, Exit, QuietHours, Trigger
from wejourney.loyalty.balance import BalanceTest
from wejourney.messaging.contents import (
    Image,
    Mass,
    Menu,
    MenuItem,
    MiniProgramCard,
    News,
    Notice,
    Template,
    Text,
)
from workbench.language.journey import Journey
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
    Stop,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
    Withdraw,
)

HOUR = 3_600
DAY = 24 * HOUR

METAL = Ask(
    "metal",
    6 * HOUR,
    Menu(
        {"en": "Which do you like?", "zh": "您喜欢哪种？"},
        (
            MenuItem("gold", {"en": "Yellow gold", "zh": "黄金"}),
            MenuItem("rose", {"en": "Rose gold", "zh": "玫瑰金"}),
        ),
    ),
    {"gold": ("黄金", "gold"), "rose": ("玫瑰金",)},
    unanswered=(Tag(("silent",)),),
    not_sent=(Stop("nobody there"),),
)
BY_METAL = Branch(
    (
        Case(Condition(answers={"metal": "gold"}), (Wait(90 * 60),)),
        Case(Condition(answers={"metal": "rose"}), ()),
    )
)

PERHAPS = Branch(
    (
        Case(Condition(member=True, segments=("gold",), tier="vip"), (Tag(("a-member",)),)),
        Case(
            Condition(events=(EventCount(EventPattern("click", key="SHOP"), 2, 30),)),
            (HandOver("stylist", 2 * HOUR),),
        ),
        Case(
            Condition(
                tags=("a",),
                without_tags=("b",),
                customer=False,
                source="qr",
                scene="store-*",
                points_from=100,
                points_to=500,
                balances=(BalanceTest("points", "unclaimed", 1), BalanceTest("stamps", most=9)),
                attributes={"city": "Paris"},
                dates=("birthday",),
                offers=("tote", "towel"),
                any=(Condition(language="en"), Condition(answers={"metal": "gold"})),
                none=Condition(member=True),
            ),
            (),
        ),
    ),
    (Send(Mass({"en": 'News for <you> & "yours" | #1; `x` [y] {z|all}', "zh": "给您的新消息"})),),
)

NOTICE = Notice("n", {"time1": {"any": "9"}})

EVERYTHING = Journey(
    "everything",
    {"en": 'Every step <there> is & "more"', "zh": "所有步骤一览"},
    Trigger(
        "date",
        name="birthday",
        offset=-3 * DAY,
        time=540,
        when=Condition(tags=("vip",), any=(Condition(language="en"), Condition(points_from=500))),
    ),
    (
        Send(
            Text(
                {
                    "en": "Dear {attribute.name|friend}, welcome. " * 9,
                    "zh": "亲爱的{attribute.name|朋友}。" * 9,
                }
            ),
            instead=(Template("t", {"thing1": {"any": "Birthday"}}),),
            not_sent=(Tag(("unreachable",)), Notify("manager", {"en": "Please call", "zh": "请致电"})),
        ),
        Ask("size", 2 * DAY, Text({"en": "Your size?", "zh": "您的尺寸？"}), parse="number", maximum=30),
        Set({"size": "{answer.size|}"}),
        Untag(("quiet",)),
        Agree("newsletter"),
        Withdraw("newsletter"),
        Award(50, "told us"),
        Give("coupon", "SPRING"),
        Give("offer", "gift-today"),
        StartJourney("other-journey"),
        EndJourney("older-journey"),
        Send(Image("MEDIA_ID_0123456789012345678901234567890123456789")),
        Split(
            "teaser",
            (
                Share(30, (Send(News({"any": "A title"}, {"any": "A description"}, "u", "p")),)),
                Share(30, (Send(MiniProgramCard({"any": "Book now"}, "wx", "p", "m")),)),
                Share(40),
            ),
        ),
        WaitUntil(540, 0),
        WaitDate(
            "booking", 60 * DAY, -2 * HOUR, 540, (Send(Notice("n", {"time1": {"any": "9"}})), Stop("no"))
        ),
        WaitEvent(EventPattern("payment", at_least=100_000), 3 * DAY, otherwise=(PERHAPS,)),
        Repeat(3 * DAY, 4, Condition(tags=("paid",)), (PERHAPS,)),
        METAL,
        BY_METAL,
        Ask("colour", DAY, choices={"red": ("红",), "blue": ("蓝",)}, unanswered=(Wait(60),)),
        Stop("bought a ring", goal=True),
    ),
    opening=Text({"en": "Hello", "zh": "您好"}),
    again=Again("per", key="order"),
    quiet=QuietHours(22 * 60, 8 * 60),
    holdout=10,
    goal=Condition(events=(EventCount(EventPattern("payment")),)),
    exits=(Exit(Condition(tags=("employee",)), "works here"),),
)
