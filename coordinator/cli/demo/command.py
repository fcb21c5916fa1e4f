"""The demo command; its play stands in `coordinator.cli.demo.script`."""

from pathlib import Path

import click

from coordinator.cli.app import shown
from coordinator.cli.demo import script
from coordinator.cli.sessions import Session
from coordinator.kernel import git
from coordinator.kernel.errors import UsageProblem
from coordinator.kernel.git import Repository


@click.command("demo", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--repo", default="", help="The repository to clone (default: this one).")
@click.pass_obj
def command(session: Session, repo: str) -> None:
    r"""Show the whole loop on a clone of a real repository, in a temporary folder.

    \b
    Example:
      coordinator demo --repo ~/code/shop
    """
    folder = script.perform(_repository(session.folder, repo))
    if session.json:
        session.out.append(shown(session, "demo", {"folder": str(folder)}))


def _repository(folder: Path, given: str) -> Path | None:
    """Return the repository to clone; none around the folder: None.

    Raises:
        UsageProblem: The given path is no repository.
    """
    path = (folder / Path(given).expanduser()).resolve()
    repository = Repository(path)
    found = path.is_dir() and not repository.ask("rev-parse", "HEAD").code
    if found:
        return git.top_folder(repository)
    if given:
        raise UsageProblem(
            f"{path} is no repository with a commit.", hint="Name another: --repo PATH"
        )
    return None
