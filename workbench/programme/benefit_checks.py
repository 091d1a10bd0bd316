"""What is wrong with the benefits of a programme whose form is right."""

from wejourney.loyalty.programme import Programme
from workbench.language.mistakes import nearest, phrase
from workbench.language.source import Location, Source


def check_benefits(programme: Programme, source: Source) -> None:
    """Add the mistakes."""
    for asset in programme.gifts:
        check_asset(asset, programme, source, ("gifts", asset), in_name=True)
    if programme.referrals is not None:
        has_asset = ("referrals", "asset") in source
        at: Location = ("referrals", "asset") if has_asset else ("referrals", "gets")
        check_asset(programme.referrals.asset, programme, source, at)


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
