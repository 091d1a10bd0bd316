"""Coming again at every point of the way."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.virtual_time.simulated import does, follow, journey, says, simulation
from workbench.language.journey import Journey
from workbench.simulator.deployment import ScriptedEvent
from workbench.simulator.simulator import Simulator

STEPS = """
steps:
  - ask: {name: q, text: "?", within: 6h, unanswered: [{tag: silent}]}
  - wait: 3h
  - wait: {event: view, within: 5h, otherwise: [{tag: unseen}]}
  - wait: {date: booking, within: 4h, passed: go_on}
  - tag: done
"""
KEYED = journey(f"trigger: {{event: payment}}\nagain: {{per: order}}\n{STEPS}", "keyed")
ALWAYS = journey(f"trigger: {{event: payment}}\n{STEPS}", "always")

_moments = st.integers(0, 40 * 60).map(lambda minutes: timedelta(minutes=minutes))
_acts = st.lists(
    st.one_of(
        st.builds(does, st.just("payment"), _moments, order=st.sampled_from("AB")),
        st.builds(does, st.just("view"), _moments, url=st.just("u")),
        st.builds(says, st.just("yes"), _moments),
        st.builds(does, st.just("unfollow"), _moments),
        st.builds(does, st.just("follow"), _moments),
    ),
    max_size=12,
)


def timers(made: Simulator) -> list[str]:
    """The runs that will go on by themselves: once for every moment that is planned."""
    planned = (due for *_, due in made._due if isinstance(due, tuple))
    return [run for run, rest in planned if run in made.runs and made.runs[run].timer == rest]


@settings(max_examples=300)
@given(st.sampled_from([KEYED, ALWAYS]), _acts)
def test_coming_again_at_any_point_leaves_one_live_run_and_one_timer_for_it(
    played: Journey, acts: list[ScriptedEvent]
) -> None:
    # mautic #9797
    made = simulation(played, follow(), *acts)
    while made.step():
        live = [(walk.live.journey, walk.live.key) for walk in made.runs.values()]
        assert len(live) == len(set(live))
        assert sorted(timers(made)) == sorted(made.runs)

    assert made.runs == {}
