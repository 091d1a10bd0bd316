import pytest

from workbench.compiler.template_region import (
    AFTER_JOURNEYS,
    BEGIN,
    END,
    TemplateWithoutMarksError,
    logical_id,
    with_journeys,
)

STARTER = f"  Starter:\n    {AFTER_JOURNEYS}\n    DependsOn: [OldJourney]\n"
TEMPLATE = f"Resources:\n{STARTER}  {BEGIN}\n  Old: {{}}\n  {END}\n  After: {{}}\n"


def test_the_region_holds_the_journeys_by_name_and_the_rest_stays_as_it_was() -> None:
    written = with_journeys(TEMPLATE, ["b-two", "a"])

    assert written.startswith(
        f"Resources:\n  Starter:\n    {AFTER_JOURNEYS}\n    DependsOn: [AJourney, BTwoJourney]\n"
        f"  {BEGIN}\n\n  AJourney:\n    Type: AWS::Serverless::StateMachine\n"
    )
    assert written.index("AJourney:") < written.index("BTwoJourney:")
    assert "DefinitionUri: infra/statemachines/b-two.asl.json" in written
    assert "Old" not in written
    assert written.endswith(f"\n  {END}\n  After: {{}}\n")


def test_writing_the_region_twice_changes_nothing() -> None:
    written = with_journeys(TEMPLATE, ["a"])

    assert with_journeys(written, ["a"]) == written


@pytest.mark.parametrize(
    "template", ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", TEMPLATE + TEMPLATE, TEMPLATE.replace(STARTER, "")]
)
def test_a_template_without_its_markers_is_rejected(template: str) -> None:
    with pytest.raises(TemplateWithoutMarksError, match="lacks one of the lines"):
        with_journeys(template, ["a"])


def test_a_logical_id_is_the_name_in_pascal_case() -> None:
    assert logical_id("welcome-from-store2") == "WelcomeFromStore2Journey"
