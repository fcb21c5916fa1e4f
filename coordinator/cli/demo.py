"""The demo command (its play stands in `coordinator.cli.play`)."""

import click


@click.command("demo")
def command() -> None:
    """Show the whole loop on a real repository in a temporary folder."""
