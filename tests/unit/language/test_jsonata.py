from hypothesis import given, settings
from hypothesis import strategies as st
from jsonata.jsonata import Jsonata

from tests.support.journeys import CHOICES, QUESTIONS, TAGS, conditions
from wejourney.domain.conditions import holds
from wejourney.domain.followers import Follower
from wejourney.domain.journeys import Condition
from wejourney.domain.runs import Run
from wejourney.language.jsonata import expression_of

followers = st.builds(
    Follower,
    st.just("wx"),
    st.just("lee"),
    st.just("p"),
    tags=st.frozensets(st.sampled_from(TAGS)),
    member=st.booleans(),
    language=st.sampled_from([None, "en", "zh"]),
    source=st.sampled_from([None, "qr", "article"]),
    scene=st.sampled_from([None, "store-SH01", "a-b(1)", "/x", "null", "店\n/x"]),
)
answers = st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from([*CHOICES, "other"]))


@settings(max_examples=200, deadline=None)
@given(conditions, followers, answers)
def test_an_expression_holds_when_its_condition_does(
    condition: Condition, follower: Follower, given_answers: dict[str, str]
) -> None:
    run = Run("r", "j", "v", "heard", follower, given_answers)
    expression = Jsonata(expression_of(condition).replace("$states.", "$$."))

    assert expression.evaluate({"input": run.to_dict()}) is holds(condition, follower, given_answers)
