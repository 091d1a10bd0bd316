"""`wejourney schema`: the JSON Schema with which editors complete and validate journey files."""

import typer

from workbench.language.schema import schema_text


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("schema")(schema)


def schema() -> None:
    """Print the JSON Schema of journey files, which is also in docs/journey.schema.json."""
    typer.echo(schema_text(), nl=False)
