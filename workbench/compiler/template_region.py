"""The state machines in template.yaml: one resource per journey, between two marks."""

import re
from collections.abc import Iterable

BEGIN = "# --- journeys: written by wejourney compile ---"
END = "# --- end of journeys ---"

_REGION = re.compile(
    rf"^(?P<begin>[ \t]*{re.escape(BEGIN)}[ \t]*\n)(?P<old>.*?)(?P<end>^[ \t]*{re.escape(END)})",
    re.MULTILINE | re.DOTALL,
)

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
    """The logical id of a journey's state machine: `welcome-back` is `WelcomeBackJourney`."""
    return "".join(part.capitalize() for part in name.split("-")) + "Journey"


def definition_path(name: str) -> str:
    """Where a journey's definition is committed."""
    return f"infra/statemachines/{name}.asl.json"


def with_journeys(template: str, names: Iterable[str]) -> str:
    """The template with one state machine for each of these journeys, and no other."""
    resources = "\n".join(
        _RESOURCE.format(logical_id=logical_id(name), name=name, definition=definition_path(name))
        for name in sorted(names)
    )
    written, count = _REGION.subn(lambda found: f"{found['begin']}\n{resources}\n{found['end']}", template)
    if count != 1:
        raise TemplateWithoutMarksError
    return written
