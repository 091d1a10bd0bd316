"""The sections of infra/programme.yaml that say what people can get besides points."""

from collections.abc import Callable

from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount, fen_of
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.benefits.groups import GroupTerms
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.benefits.referrals import ReferralTerms
from wejourney.loyalty.till.redeeming import Redeem
from workbench.language import forms
from workbench.language.condition_fields import CONDITION
from workbench.language.content_fields import TEXT
from workbench.language.forms import Field, Form, Record
from workbench.language.mistakes import Phrase, phrase
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import Node
from workbench.programme.values import COUNT, GROUP_SIZE, JOINS_TODAY, WHOLE_DAYS, form_of

_YUAN = r"\d{1,6}(\.\d{2})? yuan"


def _parsed[T](parse: Callable[[str], T], instead: T, pattern: str, hint: str) -> Form:
    """A text of a form of its own."""

    def read(source: Source, node: Node, at: Location, what: str) -> T:
        text = source.string(node, at, what).strip()
        try:
            return parse(text)
        except ValueError:
            if at not in source.broken:
                source.give_up(at, node, phrase("not an amount", what=what, text=text), _such_as(hint))
            return instead

    return Form({"type": "string", "pattern": rf"^\s*({pattern})\s*$"}, read)


def _such_as(hint: str) -> Phrase:
    return phrase("such as", text=hint)


_AMOUNT = _parsed(fen_of, 1, _YUAN, "100 yuan")
DISCOUNT = _parsed(Discount.parse, Discount(1), rf"([1-9]\d?|100) ?%|{_YUAN}", "10% / 20 yuan")

COUPON = form_of(
    Record(
        CouponTerms,
        {
            "takes": Field("What it takes off a sale: `10%`, or `20 yuan`.", DISCOUNT),
            "from": Field("The least that the sale is, before the coupon.", _AMOUNT, "from_fen"),
            "valid": Field(
                "For how many days it can be used after the day of its issue.", WHOLE_DAYS, "valid_days"
            ),
            "stock": Field("How many there are; default: as many as are issued.", COUNT),
            "gift_returns_after": Field(
                "After how many days an unclaimed gift of it goes back; default: it cannot be given away.",
                WHOLE_DAYS,
            ),
        },
        "a coupon",
    )
)

GIFTS = form_of(
    Record(
        GiftTerms,
        {
            "most": Field("How many units one gift is at most.", COUNT),
            "returns_after": Field(
                "After how many days a gift that nobody has claimed goes back.", WHOLE_DAYS
            ),
        },
        "gifts of an asset",
    )
)

GROUP = form_of(
    Record(
        GroupTerms,
        {
            "size": Field("How many people a group needs: 2 to 20.", GROUP_SIZE),
            "within": Field("For how long a group is open after the first has joined.", forms.DURATION),
        },
        "a group-buy",
    )
)

REDEEM = form_of(
    Record(
        Redeem,
        {
            "points": Field("How many points.", COUNT),
            "takes": Field("What they take off a sale at a till, such as `1 yuan`.", _AMOUNT, "fen"),
        },
        "what points are worth",
    )
)
REFERRALS = form_of(
    Record(
        ReferralTerms,
        {
            "gets": Field("What whoever brought a friend gets for the friend's first order.", COUNT),
            "friend_gets": Field("What the friend gets for it; default: nothing.", COUNT),
            "asset": Field("Which asset; default: `points`.", forms.LITERAL),
            "from": Field("The least that the order is.", _AMOUNT, "from_fen"),
            "pending": Field(
                "For how many days after the order both wait for it.", WHOLE_DAYS, "pending_days"
            ),
            "unfollow_within": Field(
                "Both are taken back if the friend unfollows so soon after they followed; default: never.",
                forms.DURATION,
            ),
        },
        "referrals",
    )
)


OFFER = form_of(
    Record(
        OfferTerms,
        {
            "when": Field("A condition on the person; default: everybody.", CONDITION),
            "unclaimed": Field("For people for whom so many points wait.", COUNT),
            "joins": Field(
                "`today`: for people who join the membership on this day.",
                JOINS_TODAY,
                "joins_today",
            ),
            "discount": Field("What it takes off the sale: `10%`, or `20 yuan`.", DISCOUNT),
            "gift": Field("What the till gives.", forms.LITERAL),
            "stock": Field("How many there are; default: as many as are given.", COUNT),
            "costs": Field("How many points it costs; default: none.", COUNT),
            "title": Field(
                "What messages call it; `{costs}` stands for the points that it costs. Without a title they "
                "do not list it.",
                TEXT,
            ),
            "once": Field("Whether one person gets it once; default: if it costs nothing.", forms.BOOLEAN),
        },
        "an offer",
    )
)
