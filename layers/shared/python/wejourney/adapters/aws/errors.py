"""What AWS says of a failure, without its texts, which may quote what was sent."""

from botocore.exceptions import BotoCoreError, ClientError


def code_of(error: ClientError) -> str:
    """AWS's own name of an error."""
    return str(error.response["Error"]["Code"])


def cause_of(operation: str, error: BotoCoreError | ClientError) -> str:
    """What failed, fit for a log line."""
    return f"{operation}: {code_of(error) if isinstance(error, ClientError) else type(error).__name__}"
