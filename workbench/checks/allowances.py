"""Whether a journey fits what WeChat allows, as mistakes at the steps where it does not."""

from collections.abc import Iterator

from wejourney.messaging.wechat_rules import RuleSet
from workbench.language.mistakes import Mistake
from workbench.language.reading import Reading
from workbench.proof.prove import prove, violation_text


def allowance_violations(reading: Reading, rules: RuleSet) -> Iterator[Mistake]:
    """The messages that can leave without an allowance, each with a behaviour that shows it.

    A journey with other mistakes is not looked at: what it means is not certain.
    """
    if reading.journey is None or reading.mistakes:
        return
    for violation in prove(reading.journey, rules):
        yield reading.mistake_at(violation.at, violation_text(violation), violation.rewrite)
