"""The play that `coordinator demo` shows: three scripted agents and their daemon.

The agents do what any agent can: they write files and make commits. Only the stage
(folders, daemon, reports at the end) is set by commands, and a maintainer reviews.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from coordinator.cli import record_log, starting
from coordinator.cli.demo import review
from coordinator.cli.demo.stage import DemoStage
from coordinator.kernel import clock
from coordinator.kernel.errors import External
from coordinator.kernel.system import processes
from coordinator.workspace.layout import Layout

_PAUSE_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class DemoPart:
    """What one scripted agent builds: files of its two commits, and its words."""

    agent: str
    title: str
    folder: str
    source: str
    test: str
    decision: str
    partner: str
    result: str


_PARTS = (
    DemoPart(
        "backend",
        "Backend Developer",
        "server",
        "def greet(name):\n    return {'greeting': f'Hello, {name}'}\n",
        "from server.greeting import greet\n\n\ndef test_greet():\n"
        "    assert greet('Ada')['greeting'] == 'Hello, Ada'\n",
        "Greetings are made on the server so that all clients agree",
        "frontend",
        "- Endpoints: 1 implemented\n- Database migrations: 0 created\n"
        "- Tests: 1 passing\n- Performance: 2 ms per call",
    ),
    DemoPart(
        "frontend",
        "Frontend Developer",
        "web",
        "def banner(answer):\n    return f\"<h1>{answer['greeting']}</h1>\"\n",
        "from web.greeting import banner\n\n\ndef test_banner():\n"
        "    assert banner({'greeting': 'Hi'}) == '<h1>Hi</h1>'\n",
        "The banner shows whatever the server says, unchanged",
        "docs",
        "- Components: 1 implemented\n- Tests: 1 passing\n- Performance: 1 ms to draw",
    ),
    DemoPart(
        "docs",
        "Documentation Writer",
        "guide",
        "PAGE = 'Call greet(name), then draw banner(answer).'\n",
        "from guide.greeting import PAGE\n\n\ndef test_page():\n"
        "    assert 'greet' in PAGE\n",
        "Each page says which feature it belongs to",
        "backend",
        "- Pages: 1 written\n- Tests: 1 passing\n- Performance: read in a minute",
    ),
)


def perform(repository: Path | None) -> Path:
    """Show the whole loop; return the folder where everything lies.

    `repository` is cloned, never changed; without one a small one is made.

    Raises:
        CoordinatorError: A step failed.
    """
    start = clock.monotonic()
    stage = DemoStage(Path(tempfile.mkdtemp(prefix="coordinator-demo-")))
    name, target = _clone(stage, repository)
    record_log.say(f"A workspace for a clone of {repository or 'a small sample'}:")
    stage.workspace.mkdir()
    pair = f"{name}={stage.folder / name}"
    done = stage.coordinator(
        *("init", str(stage.workspace), "--repo", pair),
        *("--target", target, "--maintainer", "Ann"),
    )
    record_log.say(done.text)
    with _daemon(stage):
        _play(stage, name)
        stage.coordinator("check")
        for part in _PARTS:
            review.review(stage, stage.workspace / f"{name}-{part.agent}", part.agent)
    _show_reports(stage)
    seconds = clock.monotonic() - start
    record_log.say(f"Everything lies in {stage.folder} ({seconds:.0f} s).")
    record_log.say(f"Try: cd {stage.workspace} && coordinator status")
    return stage.folder


def _clone(stage: DemoStage, repository: Path | None) -> tuple[str, str]:
    """Return the clone's name and the branch that the work will land on."""
    if repository is None:
        where = stage.folder / "sample"
        where.mkdir()
        stage.git(where, "init", "-q", "-b", "main")
        (where / "README.md").write_text("# Sample\n", "utf-8")
        stage.git(where, "add", "-A")
        stage.git(where, "commit", "-q", "-m", "Begin")
        return "sample", "main"
    where = stage.folder / "project"
    stage.git(stage.folder, "clone", "-q", "--", str(repository), str(where))
    branch = stage.try_git(where, "symbolic-ref", "--short", "HEAD").text.strip()
    if not branch:
        branch = "main"
        stage.git(where, "switch", "-q", "-C", branch)
    return "project", branch


@contextmanager
def _daemon(stage: DemoStage) -> Iterator[None]:
    """Run the daemon beside the play; its live log goes where ours goes."""
    argv = [sys.executable, "-m", "coordinator.entry", "up"]
    argv += ["--workspace", str(stage.workspace)]
    daemon = processes.start_beside(argv, environment=stage.environment)
    try:
        deadline = clock.monotonic() + starting.START_SECONDS
        while not starting.running_pid(Layout(stage.workspace)):
            clock.sleep(0.02)
            if clock.monotonic() > deadline:
                raise External("The daemon did not come up.", hint="See above.")
        yield
    finally:
        daemon.end()


def _play(stage: DemoStage, name: str) -> None:
    failures: list[Exception] = []

    def run(part: DemoPart) -> None:
        try:
            for step in _STEPS:
                step(stage, part, stage.workspace / f"{name}-{part.agent}")
                clock.sleep(_PAUSE_SECONDS)
        except Exception as error:  # noqa: BLE001 - a thread's outer boundary
            failures.append(error)

    threads = [Thread(target=run, args=(part,)) for part in _PARTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _plan(stage: DemoStage, part: DemoPart, tree: Path) -> None:
    _say(part, "1 reads the identities and writes a plan")
    text = f"# Plan\n\n- Build the greeting of the {part.agent}\n- Test it\n"
    _write(stage, f"pending-commits/{part.agent}-plan.md", text)
    del tree


def _branch(stage: DemoStage, part: DemoPart, tree: Path) -> None:
    wrong = stage.try_git(tree, "checkout", "-b", f"{part.partner}/greeting")
    if wrong.code:
        _say(part, f"2 may not make a branch of {part.partner}'s: {wrong.complaint}")
    stage.git(tree, "checkout", "-q", "-b", f"{part.agent}/greeting")
    _say(part, f"2 is on the branch {part.agent}/greeting")
    line = f"{part.title} Active: {clock.now():%a %b %d %H:%M:%S UTC %Y}\n"
    name = f"{part.agent}-developer-status.md"
    _write(stage, f"agent-system/active-contexts/{name}", line)


def _build(stage: DemoStage, part: DemoPart, tree: Path) -> None:
    _say(part, "3 implements the feature")
    _commit(stage, tree, f"{part.folder}/greeting.py", part.source, "Add the greeting")


def _test(stage: DemoStage, part: DemoPart, tree: Path) -> None:
    _say(part, "4 tests it")
    path = f"{part.folder}/test_greeting.py"
    _commit(stage, tree, path, part.test, "Test the greeting")


def _document(stage: DemoStage, part: DemoPart, tree: Path) -> None:
    _say(part, f"5 tells {part.partner} what there is to build on")
    text = (
        f"# Request to {part.partner}: look at the greeting\n\n"
        f"To: {part.partner}\n\nIt stands in `{part.folder}/greeting.py`.\n"
    )
    _write(stage, f"pending-commits/{part.agent}-request.md", text)
    del tree


def _finish(stage: DemoStage, part: DemoPart, tree: Path) -> None:
    _say(part, "6 writes down the decision and the final status")
    text = f"# Architecture\n\n## Decision Log\n- {part.decision}\n"
    _write(stage, f"agent-system/learnings/{part.agent}-architecture.md", text)
    text = (
        f"## {part.title} Workflow Complete\n- Feature: greeting\n{part.result}\n"
        "- Status: Ready for deployment\n"
    )
    _write(stage, f"pending-commits/{part.agent}-final-status.md", text)
    title = f"Add the greeting of the {part.agent}"
    stage.coordinator("pending", "submit", "--title", title, where=tree)
    stage.coordinator("context", "set", "--state", "done", where=tree)


_STEPS: tuple[Callable[[DemoStage, DemoPart, Path], None], ...] = (
    _plan,
    _branch,
    _build,
    _test,
    _document,
    _finish,
)


def _commit(stage: DemoStage, tree: Path, path: str, text: str, message: str) -> None:
    target = tree / path
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, "utf-8")
    stage.git(tree, "add", "--", path)
    stage.git(tree, "commit", "-q", "-m", message)


def _write(stage: DemoStage, path: str, text: str) -> None:
    (stage.workspace / path).write_text(text, "utf-8")


def _say(part: DemoPart, text: str) -> None:
    record_log.say(f"         {part.agent:<12} step {text}")


def _show_reports(stage: DemoStage) -> None:
    for part in _PARTS:
        record_log.say(stage.coordinator("report", "final", part.agent).text)
    record_log.say(stage.coordinator("report", "decisions").text)
    record_log.say(stage.coordinator("report", "daily").text)
