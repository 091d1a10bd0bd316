"""The step that issues a coupon: once for each run, whatever interrupts it."""

from dataclasses import dataclass, replace

from wejourney.errors import NoneLeftError
from wejourney.journeys.action_types import CouponAction
from wejourney.journeys.runs import Run
from wejourney.loyalty.benefits.coupons import CouponIssue, issued
from wejourney.loyalty.benefits.secret_codes import shown
from wejourney.people.followers import StepChange
from wejourney.services.live_runs import Decided, change_once
from wejourney.services.ports.actions import ActionPorts


@dataclass(frozen=True)
class IssueCoupons:
    ports: ActionPorts

    def issue(self, action: CouponAction, run: Run) -> Run:
        """The run with the code, as people read it; with none where there are no more of these coupons."""
        at, cause = self.ports.clock.now(), f"{run.id}#{action.step}"
        code = self.ports.new_code(cause)

        def decide(run: Run) -> Decided:
            change = StepChange(action.step, at, coupons={action.name: shown(code)})
            coupon = issued(action.name, action.terms, run.follower.person_id, cause, at, action.zone)
            issue = CouponIssue(code, coupon, action.terms.stock)
            return Decided(run.follower.changed(), change, issue=issue)

        def decide_without(run: Run) -> Decided:
            return Decided(run.follower.changed(), StepChange(action.step, at, coupons={action.name: ""}))

        try:
            change, run = change_once(self.ports, run, decide)
        except NoneLeftError:
            change, run = change_once(self.ports, run, decide_without)
        return replace(run, coupons={**run.coupons, **change.coupons})
