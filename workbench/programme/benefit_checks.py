"""What is wrong with the benefits of a programme whose form is right."""

from datetime import date, timedelta

from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.offers import COSTS, OfferTerms
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.programme import Programme
from wejourney.messaging.merge_fields import LONGEST_OFFER
from wejourney.people.profile_model import ProfileModel
from workbench.checks.conditions import check_condition
from workbench.checks.contents import check_plain
from workbench.checks.profile_facts import check_profile_facts
from workbench.language.mistakes import nearest, phrase
from workbench.language.source import Location, Source
from workbench.language.traversal import conditions_in

_NOT_OF_A_PERSON = {"answers": "answer", "events": "event", "offers": "offer"}
"""What a condition of the programme cannot look at: a run, the timeline, the programme itself."""


_LEAP_YEAR, _FOUR_YEARS = date(2024, 1, 1), 1461
"""All that a calendar can be: in four years each month has each of its lengths."""


def check_benefits(programme: Programme, profile: ProfileModel, source: Source) -> None:
    """Add the mistakes."""
    for field, by_asset in (("gifts", programme.gifts), ("gift_cards", programme.gift_cards)):
        for asset in by_asset:
            check_asset(asset, programme, source, (field, asset), in_name=True)
    if programme.referrals is not None:
        has_asset = ("referrals", "asset") in source
        at: Location = ("referrals", "asset") if has_asset else ("referrals", "gets")
        check_asset(programme.referrals.asset, programme, source, at)
        if (expiry := programme.assets.get(programme.referrals.asset)) is not None:
            check_pending(programme.referrals.pending_days, expiry, source, ("referrals", "pending_days"))
    if programme.redeem is not None:
        check_asset(POINTS, programme, source, ("redeem", "points"))
    for name, offer in programme.offers.items():
        _check_offer(offer, programme, profile, source, ("offers", name))
        for field in ("costs", "unclaimed"):
            if getattr(offer, field):
                check_asset(POINTS, programme, source, ("offers", name, field))


def _check_offer(
    offer: OfferTerms, programme: Programme, profile: ProfileModel, source: Source, at: Location
) -> None:
    if offer.discount is None and not offer.gift:
        source.mistake(at, phrase("offers nothing"), phrase("such as", text="discount: 10%"))
    check_person_condition(offer.when, programme, profile, source, (*at, "when"))
    for language, text in offer.title.items():
        _check_title(text, offer.costs, source, (*at, "title", language))


def _check_title(text: str, costs: int, source: Source, at: Location) -> None:
    """A line of a message: it says what the offer costs, if it costs anything."""
    shown = text.replace(COSTS, str(costs)) if costs else text
    if not check_plain(shown, source, at):
        return
    if costs and COSTS not in text:
        source.mistake(
            at, phrase("title without costs"), phrase("such as", text=f"a tote bag for {COSTS} points")
        )
    if len(shown) > LONGEST_OFFER or len(shown.splitlines()) > 1:
        source.mistake(at, phrase("title too long", longest=LONGEST_OFFER), phrase("shorten title"))


def check_pending(days: int, expiry: Expiry, source: Source, at: Location) -> None:
    """Add a mistake if what is earned on some day expires before it can be spent."""
    earned = (_LEAP_YEAR + timedelta(days=number) for number in range(_FOUR_YEARS))
    for day in earned:
        due = str(day + timedelta(days=days))
        last = min(filter(None, (expiry.last_day(day, may_spend=may) for may in (True, False))), default=due)
        if last < due:
            source.mistake(at, phrase("expires while pending", days=days), phrase("pending less"))
            return


def check_person_condition(
    condition: Condition, programme: Programme, profile: ProfileModel, source: Source, at: Location
) -> None:
    """Add the mistakes of a condition on who earns or gets something."""
    tiers = [level.name for level in programme.tiers.levels]
    for place, part in conditions_in(condition, at):
        check_condition(part, source, place)
        check_profile_facts(part, profile, source, place)
        for target, name in _NOT_OF_A_PERSON.items():
            if getattr(part, target):
                source.mistake((*place, target), phrase("not of a person", name=name), phrase("remove it"))
        if part.tier is not None and tiers and part.tier not in tiers:
            message = phrase("undeclared tier", name=part.tier)
            source.mistake((*place, "tier"), message, nearest(part.tier, tiers))
        for balance in part.balances:
            where = (*place, "balances", balance.name)
            check_asset(balance.asset, programme, source, where, in_name=True)


def check_asset(
    asset: str, programme: Programme, source: Source, at: Location, *, in_name: bool = False
) -> None:
    """Add the mistake of an asset that the programme does not declare."""
    if asset not in programme.assets:
        message = phrase("undeclared asset", name=asset)
        hint = nearest(asset, programme.assets) or phrase(
            "such as", text="assets: {points: {expires: 12 months}}"
        )
        (source.mistake_in_name if in_name else source.mistake)(at, message, hint)
