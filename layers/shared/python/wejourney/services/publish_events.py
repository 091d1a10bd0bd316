"""What a run tells others: the brand's other systems, and the follower's other journeys."""

from dataclasses import dataclass

from wejourney.events.event import own_event
from wejourney.events.event_types import EndCalled, JourneyCalled
from wejourney.journeys.action_types import HAND_OVER_REQUESTED, CallAction, TellAction
from wejourney.journeys.runs import Run
from wejourney.messaging.merge_fields import published
from wejourney.people.followers import StepChange
from wejourney.services.live_runs import Decided, change_once, reload
from wejourney.services.ports.actions import ActionPorts


@dataclass(frozen=True)
class EventPublisher:
    ports: ActionPorts

    def publish(self, action: TellAction, run: Run) -> Run:
        """Tell other systems, who can drop a repetition by its `id`; texts are in the account's language.

        The person is named by our own id of them, which means nothing outside. A chat that is handed over is
        one that is closed after that: the run listens from here on.
        """
        run = reload(self.ports.records, run)
        account = self.ports.accounts.get(run.follower.app_id).settings
        self.ports.bus.publish(
            action.event_name,
            {
                "id": f"{run.id}#{action.step}",
                "journey": run.journey,
                "run": run.id,
                "person_id": run.follower.person_id,
                "app_id": run.follower.app_id,
                **published(action.fields, run.follower, account, run.answers, run.about.booking),
            },
        )
        if action.event_name == HAND_OVER_REQUESTED:
            return run.having_said(self.ports.clock.now())
        return run

    def call(self, action: CallAction, run: Run) -> Run:
        """Have another journey of this follower started or ended, by the inbox, once."""
        called = StepChange(action.step, self.ports.clock.now())
        called, run = change_once(self.ports, run, lambda run: Decided(run.follower.changed(), called))
        body = JourneyCalled if action.operation == "journey" else EndCalled
        called_journey = body(action.journey, run.journey, **run.about.fields)
        cause = f"{run.id}#{action.step}"
        self.ports.announcements.tell([own_event(called_journey, cause, run.follower.subject, called.at)])
        return run
