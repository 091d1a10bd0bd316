"""Everything that is different between two versions of a journey."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.wechat_rules import RuleSet
from workbench.compare.behaviour import Behaviour, behaviour
from workbench.compare.steps import Change, changes
from workbench.language.journey import Journey
from workbench.proof.prove import prove, violation_text
from workbench.simulator.persona import Persona

UNDER_WAY = "Live runs finish on the version they started with; only new runs use the new version."
"""What becomes of people who are in the journey when it is deployed: each version is a machine of its own."""


@dataclass(frozen=True)
class Proof:
    """The messages that can leave without an allowance, in either version, each with a behaviour."""

    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Two versions: the changes of the graph, of what each persona lives through, and the proofs."""

    changes: tuple[Change, ...]
    behaviours: tuple[Behaviour, ...]
    proof: Proof

    @property
    def differs(self) -> bool:
        """Whether the versions are not the same journey."""
        return bool(self.changes) or any(one.differs for one in self.behaviours)

    def to_dict(self) -> dict[str, Any]:
        """The form of `diff --json`."""
        return {
            "differs": self.differs,
            "changes": [change.to_dict() for change in self.changes],
            "behaviours": [one.to_dict() for one in self.behaviours],
            "rules": {"old": self.proof.old, "new": self.proof.new},
            "under_way": UNDER_WAY,
        }


def compare(
    old: Journey, new: Journey, personas: Mapping[str, Persona], account: AccountSettings, rules: RuleSet
) -> Comparison:
    """Compare two versions of a journey, played in this account and proved under these rules.

    `personas` are by their files' names: people of two files may have one name.
    """
    # Two files of different names are two versions all the same; chance and transcripts go by the name.
    old = replace(old, name=new.name)
    lives = tuple(behaviour(old, new, persona, file, account) for file, persona in personas.items())
    return Comparison(changes(old, new), lives, Proof(_unfit(old, rules), _unfit(new, rules)))


def _unfit(journey: Journey, rules: RuleSet) -> tuple[str, ...]:
    return tuple(violation_text(violation) for violation in prove(journey, rules))
