"""A journey as its author means it: a trigger, an opening, and steps (`workbench.language.step_types`)."""

from dataclasses import dataclass, field

from wejourney.journeys.definition import GOAL_WITHIN, Again, Condition, Exit, QuietHours, Trigger
from wejourney.messaging.contents import Content, LocalizedText
from workbench.language.step_types import Step


@dataclass(frozen=True)
class Journey:
    """One file of infra/journeys/; `name` is the file's name.

    An event starts the first journey that matches, by falling `priority` and then by name. `goal` and
    `exits` end a run at once, wherever it is; the goal counts for `goal_within` seconds after an entry.
    `holdout` is the share of people, in percent, who are kept out so that the journey's effect can be
    measured. `consent` is the purpose that all its messages need but the opening, unless their step names
    another: the steps have it. `speaks_to` names the account in whose chat it speaks; without it, that
    of the event, or another one that can be spoken with.
    """

    name: str
    title: LocalizedText
    trigger: Trigger
    steps: tuple[Step, ...]
    opening: Content | None = None
    priority: int = 0
    again: Again = field(default_factory=Again)
    quiet: QuietHours | None = None
    goal: Condition | None = None
    goal_within: int = GOAL_WITHIN
    exits: tuple[Exit, ...] = ()
    holdout: int = 0
    consent: str = ""
    speaks_to: str = ""
