"""`wejourney schema`: what editors need to complete and check journey files while they are written."""

import typer

from workbench.language.schema import schema_text


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("schema")(schema)


def schema() -> None:
    """Print the JSON Schema of journey files; docs/journey.schema.json is a copy."""
    typer.echo(schema_text(), nl=False)
