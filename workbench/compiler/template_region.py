"""The state machines in template.yaml: one resource per journey, between two markers."""

from collections.abc import Iterable

BEGIN = "# --- journeys: written by wejourney compile ---"
END = "# --- end of journeys ---"

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
        super().__init__(f"template.yaml lacks the lines `{BEGIN}` and `{END}` in its Resources; add them")


def logical_id(name: str) -> str:
    """Of a journey's state machine: `welcome-back` is `WelcomeBackJourney`."""
    return "".join(part.capitalize() for part in name.split("-")) + "Journey"


def definition_path(name: str) -> str:
    return f"infra/statemachines/{name}.asl.json"


def with_journeys(template: str, names: Iterable[str]) -> str:
    """The template with one state machine for each of these journeys, and no other."""
    before, _, rest = template.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end or BEGIN in rest or END in after:
        raise TemplateWithoutMarksError
    resources = "\n".join(
        _RESOURCE.format(logical_id=logical_id(name), name=name, definition=definition_path(name))
        for name in sorted(names)
    )
    return f"{before}{BEGIN}\n\n{resources}\n  {END}{after}"
