"""The state machines in template.yaml: one resource per journey, and who waits for them."""

from collections.abc import Iterable

from workbench.wording.phrases import phrase

BEGIN = "# --- journeys: written by wejourney compile ---"
END = "# --- end of journeys ---"

AFTER_JOURNEYS = (
    "# The machines come first: a run that starts must find its own. Written by wejourney compile:"
)
"""In the function that starts runs; the next line is its DependsOn."""

_RESOURCE = """\
  {logical_id}:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: !Sub ${{AWS::StackName}}-journey-{name}
      Type: STANDARD
      DefinitionUri: {definition}
      DefinitionSubstitutions:
        Partition: !Ref AWS::Partition
        PerformActions: !GetAtt PerformActionsFunction.Arn
      Role: !GetAtt JourneyRole.Arn
      Logging:
        Level: ERROR
        IncludeExecutionData: false
        Destinations:
          - CloudWatchLogsLogGroup:
              LogGroupArn: !GetAtt JourneyLogs.Arn
"""


class TemplateWithoutMarksError(Exception):
    """template.yaml has no place for the journeys."""

    def __init__(self) -> None:
        self.problem = phrase("template without marks", begin=BEGIN, end=END, after=AFTER_JOURNEYS)
        super().__init__(self.problem.in_words("en"))


def logical_id(name: str) -> str:
    """Of a journey's state machine: `welcome-back` is `WelcomeBackJourney`."""
    return "".join(part.capitalize() for part in name.split("-")) + "Journey"


def definition_path(name: str) -> str:
    return f"infra/statemachines/{name}.asl.json"


def with_journeys(template: str, names: Iterable[str]) -> str:
    """The template with one state machine for each of these journeys, and no other."""
    names = sorted(names)
    above, mark, below = template.partition(AFTER_JOURNEYS + "\n")
    if not mark or mark in below:
        raise TemplateWithoutMarksError
    old, _, after_it = below.partition("\n")
    indent = old[: len(old) - len(old.lstrip())]
    template = f"{above}{mark}{indent}DependsOn: [{', '.join(map(logical_id, names))}]\n{after_it}"
    before, _, rest = template.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end or BEGIN in rest or END in after:
        raise TemplateWithoutMarksError
    resources = "\n".join(
        _RESOURCE.format(logical_id=logical_id(name), name=name, definition=definition_path(name))
        for name in names
    )
    return f"{before}{BEGIN}\n\n{resources}\n  {END}{after}"
