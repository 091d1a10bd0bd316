"""Whether a condition holds for a follower, and the patterns that conditions and triggers use."""

import re
import unicodedata
from collections.abc import Mapping

from wejourney.domain.followers import Follower
from wejourney.domain.journeys import Condition


def normalise(text: str) -> str:
    """What a person typed, without the differences that mean nothing: width, case, outer space."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def pattern_regex(pattern: str) -> str:
    """The regular expression of a pattern, in which `*` stands for anything and all else for itself."""
    return "^" + ".*".join(re.escape(part) for part in pattern.split("*")) + "$"


def like(pattern: str, text: str | None) -> bool:
    """Whether the whole text fits the pattern."""
    return text is not None and re.match(pattern_regex(pattern), text, re.DOTALL) is not None


def holds(condition: Condition, follower: Follower | None, answers: Mapping[str, str]) -> bool:
    """Whether all of the condition holds; of a follower not seen before, nothing is known to be true."""
    known = follower or Follower(app_id="", openid="", person_id="")
    facts = (
        (condition.customer, known.customer),
        (condition.member, known.member),
        (condition.language, known.language),
        (condition.source, known.source),
    )
    return (
        all(wanted is None or wanted == fact for wanted, fact in facts)
        and known.tags.issuperset(condition.tags)
        and known.tags.isdisjoint(condition.without_tags)
        and (condition.scene is None or like(condition.scene, known.scene))
        and all(answers.get(name) == answer for name, answer in condition.answers.items())
        and (not condition.any or any(holds(one, follower, answers) for one in condition.any))
        and (condition.none is None or not holds(condition.none, follower, answers))
    )
