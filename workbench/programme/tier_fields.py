"""The section `tiers` of infra/programme.yaml."""

from collections.abc import Mapping
from itertools import pairwise

from wejourney.loyalty.balance import MONTHS_TOLD
from wejourney.loyalty.expiry import Period
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.people.profile_model import ProfileModel
from workbench.checks.people_fields import PROFILE
from workbench.language import forms, parse_values
from workbench.language.forms import Field, Form, Record
from workbench.language.mistakes import nearest, phrase
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import Node
from workbench.programme.values import PERIOD, form_of, named

_COUNTER = "counters: {spend: {event: payment, counts: amount}}"
_LEVELS = "levels: {silver: 1000, gold: 5000}"


def _read_amount(source: Source, node: Node, at: Location, what: str) -> int:
    return parse_values.whole_number(source, node, at, what, least=0)


_AMOUNT = Form({"type": "integer", "minimum": 0, "maximum": parse_values.LARGEST}, _read_amount)
_MONTHS = Form({"type": "integer", "minimum": 1, "maximum": MONTHS_TOLD}, parse_values.whole_number)


def _tiers(
    levels: Mapping[str, int],
    months: int = MONTHS_TOLD,
    counter: str = "",
    grace: Period | None = None,
    *,
    one_step: bool = False,
    members_only: bool = False,
) -> Tiers:
    tiers = tuple(Tier(name, at_least) for name, at_least in levels.items())
    return Tiers(tiers, months, counter, grace, one_step, members_only)


TIERS = form_of(
    Record(
        _tiers,
        {
            "levels": Field(
                "The tiers, the lowest first, each with the least that has to count for it.",
                named(_AMOUNT, "a tier", _LEVELS),
            ),
            "counts": Field(
                "What counts: a counter of infra/profile.yaml; default: the points that were earned.",
                forms.LITERAL,
                "counter",
            ),
            "months": Field(
                f"In how many months, the running one included: at most {MONTHS_TOLD} (default).", _MONTHS
            ),
            "grace": Field(
                "How long a tier is kept when less counts, such as `3 months`; default: not at all.", PERIOD
            ),
            "one_step": Field(
                "Whether who loses a tier keeps the next lower one for that time.", forms.BOOLEAN
            ),
            "members_only": Field("Whether only members have a tier.", forms.BOOLEAN),
        },
        "`tiers`",
    )
)


def check_tiers(tiers: Tiers, source: Source, profile: ProfileModel) -> None:
    """Add the mistakes."""
    at = ("tiers",)
    for lower, higher in pairwise(tiers.levels):
        if higher.at_least <= lower.at_least:
            message = phrase("tier not higher", name=higher.name, other=lower.name)
            source.mistake((*at, "levels", higher.name), message, phrase("order tiers"))
    if not 1 <= tiers.months <= MONTHS_TOLD:
        message = phrase("out of range", what="`months`")
        hint = phrase("at most number", n=MONTHS_TOLD) if tiers.months > 0 else phrase("at least number", n=1)
        source.mistake((*at, "months"), message, hint)
    if tiers.one_step and tiers.grace is None:
        message = phrase("one step without grace")
        source.mistake((*at, "one_step"), message, phrase("such as", text="grace: 3 months"))
    if tiers.counter and tiers.counter not in profile.counters:
        message = phrase("undeclared counter", name=tiers.counter, file=PROFILE.as_posix())
        hint = nearest(tiers.counter, profile.counters) or phrase("such as", text=_COUNTER)
        source.mistake((*at, "counter"), message, hint)
