import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coordinator.kernel import git as kernel_git
from coordinator.kernel.git import GitFailed, Repository
from pending_commits.submissions import (
    BadBranchName,
    BranchMissing,
    BranchMoves,
    BranchWithoutCommits,
    Partial,
    RepositoryMissing,
    Shallow,
    fetch_branches,
    open_store,
    pending_ref,
    target_ref,
)
from tests.support import commit, git, make_template, try_git

INTO = pending_ref("shop", "backend-login")


@pytest.fixture
def store(tmp_path: Path) -> Repository:
    """An empty store."""
    return open_store(tmp_path / "store.git")


@pytest.fixture
def branch(repository: Path) -> str:
    """The head of `backend/login` in the fixture `repository`; `main` stays out."""
    git(repository, "switch", "-q", "-c", "backend/login")
    head = commit(repository, "src/login.py", "USERS = [1]\n", "Add a user")
    git(repository, "switch", "-q", "main")
    return head


def fetch(store: Repository, source: Path, name: str = "backend/login") -> str:
    """Fetch as a submission does."""
    return fetch_branches(store, source, "shop", {INTO: name})[0]


def test_the_store_is_bare_synced_and_never_collected(tmp_path: Path) -> None:
    """Refs and loose objects are synced, no object goes away, no hook comes along."""
    store = open_store(tmp_path / "store.git")
    assert store.run("rev-parse", "--is-bare-repository") == "true"
    assert store.run("config", "core.fsync") == "reference,loose-object"
    assert store.run("config", "--file", f"{store.path}/config", "gc.auto") == "0"
    assert not (store.path / "hooks").exists()
    assert open_store(store.path) == store


def test_a_crash_while_the_store_is_made_leaves_none(tmp_path: Path) -> None:
    """A half made store has another name, and the next start finishes it."""
    half = tmp_path / "store.git.new"
    git(tmp_path, "init", "-q", "--bare", str(half))
    store = open_store(tmp_path / "store.git")
    assert not half.exists()
    assert store.run("config", "core.logAllRefUpdates") == "always"


def test_a_branch_is_fetched_whole_into_its_ref(
    store: Repository, repository: Path, branch: str
) -> None:
    """Head, history and files are in the store, under the repository's own refs."""
    assert fetch(store, repository) == branch
    assert kernel_git.refs(store, "refs/") == {
        "refs/repositories/shop/pending/backend-login": branch
    }
    assert store.run("show", f"{branch}:src/login.py") == "USERS = [1]"
    store.run("fsck", "--strict", "--connectivity-only")


def test_the_target_is_fetched_by_its_full_name(
    store: Repository, repository: Path
) -> None:
    """The target's tip has a ref of its own."""
    ref = target_ref("shop")
    tip = fetch_branches(store, repository, "shop", {ref: "refs/heads/main"})[0]
    assert tip == git(repository, "rev-parse", "main")
    assert kernel_git.resolve(store, "refs/repositories/shop/target") == tip


def test_fetching_again_changes_nothing(
    store: Repository, repository: Path, branch: str
) -> None:
    """The same head a second time writes neither object nor ref."""

    def everything() -> dict[str, int]:
        files = (x for x in store.path.rglob("*") if x.is_file())
        return {str(x): x.stat().st_mtime_ns for x in files}

    fetch(store, repository)
    before = everything()
    assert fetch(store, repository) == branch
    assert everything() == before


def test_a_worktree_is_as_good_a_source(
    store: Repository, repository: Path, branch: str, tmp_path: Path
) -> None:
    """Branches are shared by all worktrees of a repository, uncommitted work is not."""
    tree = tmp_path / "shop-backend"
    git(repository, "worktree", "add", "-q", str(tree), "backend/login")
    (tree / "src" / "login.py").write_text("half done")
    assert fetch(store, tree) == branch


def test_a_rewritten_and_pruned_branch_loses_nothing_accepted(
    store: Repository, repository: Path, branch: str
) -> None:
    """The accepted head stays readable, even after a collection by hand."""
    fetch(store, repository)
    git(repository, "switch", "-q", "backend/login")
    git(repository, "commit", "-q", "--amend", "-m", "Rewritten")
    rewritten = git(repository, "rev-parse", "HEAD")
    git(repository, "reflog", "expire", "--expire=now", "--all")
    git(repository, "gc", "-q", "--prune=now")
    assert fetch(store, repository) == rewritten
    git(store.path, "gc", "-q", "--prune=now")
    assert kernel_git.resolve(store, branch) == branch
    assert store.run("log", "-1", "--format=%s", branch) == "Add a user"


def test_an_object_that_is_there_by_chance_is_not_trusted(
    store: Repository, repository: Path, branch: str
) -> None:
    """A fetch that died midway left a commit without its files; they are fetched."""
    loose = Path("objects") / branch[:2] / branch[2:]
    (store.path / loose).parent.mkdir()
    shutil.copy(repository / ".git" / loose, store.path / loose)
    fetch(store, repository)
    assert store.run("show", f"{branch}:src/login.py") == "USERS = [1]"


def poison(repository: Path, mark: Path) -> None:
    """Make every program that a repository can name leave a line in `mark`."""
    evil = repository.parent / "evil"
    evil.write_text(f'#!/bin/sh\necho "$0 $*" >> {mark}\nexec "$@"\n')
    evil.chmod(0o755)
    for hook in (
        *("post-checkout", "post-index-change", "pre-auto-gc", "pre-push"),
        *("reference-transaction", "update", "post-update", "pre-receive"),
        *("proc-receive", "post-receive", "fsmonitor-watchman"),
    ):
        shutil.copy(evil, repository / ".git" / "hooks" / hook)
    for key in (
        *("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor"),
        *("core.alternateRefsCommand", "core.askPass", "core.gitProxy"),
        *("uploadpack.packObjectsHook", "filter.x.clean", "filter.x.smudge"),
        *("filter.x.process", "diff.x.textconv", "diff.x.command", "diff.external"),
        *("merge.x.driver", "gpg.program", "credential.helper", "pager.rev-parse"),
        *("remote.origin.uploadpack", "remote.origin.receivepack"),
    ):
        git(repository, "config", key, str(evil))
    git(repository, "config", "core.hooksPath", str(repository / ".git" / "hooks"))
    git(repository, "config", "alias.rev-parse", f"!{evil}")
    git(repository, "config", "alias.upload-pack", f"!{evil}")
    git(repository, "config", "remote.origin.url", str(repository))
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "extensions.partialClone", "origin")


def test_no_program_of_an_agents_repository_runs(
    store: Repository, repository: Path, tmp_path: Path
) -> None:
    """Hooks, filters, textconv, fsmonitor and the like never run by a submission."""
    git(repository, "switch", "-q", "-c", "backend/login")
    (repository / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "Name programs")
    head = git(repository, "rev-parse", "HEAD")
    mark = tmp_path / "ran"
    poison(repository, mark)
    assert fetch(store, repository) == head
    with pytest.raises(BranchMissing):
        fetch(store, repository, "backend/none")
    assert not mark.exists()
    try_git(repository, "status")
    assert mark.exists(), "the poison is real: the agent's own git runs it"


def test_a_missing_object_is_not_asked_of_anybody(
    store: Repository, repository: Path, branch: str, tmp_path: Path
) -> None:
    """A partial clone's remote is a program too, and a broken branch is no head."""
    fetch(store, repository, "main")
    blob = git(repository, "rev-parse", f"{branch}:src/login.py")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    mark = tmp_path / "ran"
    poison(repository, mark)
    main = git(repository, "rev-parse", "main")
    with pytest.raises(Partial, match="partial clone") as caught:
        fetch(store, repository)
    assert "--refetch" in caught.value.hint
    assert not mark.exists()
    assert kernel_git.resolve(store, INTO) == main


def test_what_a_failed_fetch_brought_goes_at_once(
    store: Repository, repository: Path, branch: str
) -> None:
    """A broken branch leaves nothing in the store but a sentence."""
    blob = git(repository, "rev-parse", f"{branch}:src/login.py")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    before = sorted(store.path.rglob("*"))
    with pytest.raises(GitFailed, match="git fetch failed"):
        fetch(store, repository)
    assert sorted(store.path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["graft", "replacement"])
def test_what_is_fetched_is_the_true_history(
    store: Repository, repository: Path, branch: str, kind: str
) -> None:
    """Neither grafts nor replacements of a repository's change what is accepted."""
    first = git(repository, "rev-parse", f"{branch}~1")
    if kind == "graft":
        (repository / ".git" / "info").mkdir(exist_ok=True)
        (repository / ".git" / "info" / "grafts").write_text(f"{branch}\n")
    else:
        git(repository, "replace", "--graft", branch)
    assert git(repository, "rev-list", branch).split() == [branch]
    assert fetch(store, repository) == branch
    assert store.run("rev-list", branch).split() == [branch, first]
    store.run("fsck", "--strict")


@pytest.mark.parametrize(
    "name",
    [
        *("--upload-pack=evil", "-x", "a b", "refs/heads/../x", "../x", "HEAD", "a:b"),
        *("refs/heads/", "refs/tags/v1", "main^{tree}", "a\nb", ""),
    ],
)
def test_a_hostile_branch_never_reaches_git(
    store: Repository, tmp_path: Path, name: str
) -> None:
    """Options, refspecs and revisions are refused before anything is looked at."""
    with pytest.raises(BadBranchName) as caught:
        fetch(store, tmp_path / "nowhere", name)
    assert "\n" not in caught.value.message


def test_a_missing_branch_is_said_with_what_to_do(
    store: Repository, repository: Path
) -> None:
    """A tag or a remote branch of that name does not stand in for it."""
    git(repository, "tag", "backend/login")
    with pytest.raises(BranchMissing, match="shop has no branch backend/login") as x:
        fetch(store, repository)
    assert "coordinator worktree list" in x.value.hint


def test_an_empty_and_a_missing_repository_are_told_apart(
    store: Repository, tmp_path: Path
) -> None:
    """Each gets its own sentence."""
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(BranchWithoutCommits, match="no commits yet"):
        fetch(store, tmp_path / "empty")
    with pytest.raises(RepositoryMissing, match="nowhere"):
        fetch(store, tmp_path / "nowhere")


def test_a_shallow_clone_is_refused(
    store: Repository, repository: Path, tmp_path: Path
) -> None:
    """Its history is cut off, and what is not there cannot be merged."""
    commit(repository, "src/cart.py", "TOTAL = 1\n", "Change the total")
    url = f"file://{repository}"
    git(tmp_path, "clone", "-q", "--depth", "1", url, "shallow")
    with pytest.raises(Shallow, match="shallow clone") as caught:
        fetch(store, tmp_path / "shallow", "main")
    assert "--unshallow" in caught.value.hint
    assert kernel_git.resolve(store, INTO) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_owner_is_read(
    store: Repository, repository: Path, branch: str
) -> None:
    """Agents may run under users of their own; git would refuse their folders."""
    for path in (repository, *repository.rglob("*")):
        os.chown(path, 12345, 12345)
    assert fetch(store, repository) == branch


def test_two_repositories_do_not_meet(
    store: Repository, repository: Path, tmp_path: Path
) -> None:
    """Each repository has its own namespace in the one store."""
    other = make_template(tmp_path / "site")
    commit(other, "index.html", "<p>", "Add a page")
    shop, site = target_ref("shop"), target_ref("site")
    one = fetch_branches(store, repository, "shop", {shop: "main"})[0]
    two = fetch_branches(store, other, "site", {site: "main"})[0]
    assert kernel_git.refs(store, "refs/") == {shop: one, site: two}


RACING_GIT = """#!/bin/sh
case "$*" in *" fetch "*)
    if [ -s {turns} ]; then
        sed -i 1d {turns}
        unset GIT_CONFIG_COUNT GIT_OPTIONAL_LOCKS GIT_OBJECT_DIRECTORY
        cd {source}
        {git} commit -q --amend --allow-empty -m "Turn $$"
        {git} reflog expire --expire=now --all
        {git} gc -q --prune=now
    fi
esac
exec {git} "$@"
"""


@pytest.fixture
def racing(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], None]:
    """Rewrite and prune the branch just before each of the next n fetches."""
    found = shutil.which("git")
    folder = tmp_path / "bin"
    folder.mkdir()
    turns = tmp_path / "turns"
    script = RACING_GIT.format(turns=turns, source=repository, git=found)
    (folder / "git").write_text(script)
    (folder / "git").chmod(0o755)

    def start(count: int) -> None:
        git(repository, "switch", "-q", "backend/login")
        turns.write_text("turn\n" * count)
        path = f"{folder}:{Path(str(found)).parent}:/usr/bin:/bin"
        monkeypatch.setenv("PATH", path)
        identity = "[user]\nname = Agent\nemail = agent@example.org\n"
        with (repository / ".git" / "config").open("a") as config:
            config.write(identity)

    return start


@pytest.mark.usefixtures("branch")
def test_a_branch_rewritten_meanwhile_is_read_again(
    store: Repository, repository: Path, racing: Callable[[int], None]
) -> None:
    """The id that is accepted is one that the branch had, never a mixture."""
    racing(1)
    head = fetch(store, repository)
    assert head == git(repository, "rev-parse", "backend/login")
    assert kernel_git.resolve(store, INTO) == head
    assert store.run("log", "-1", "--format=%s", head).startswith("Turn ")


@pytest.mark.usefixtures("branch")
def test_a_branch_that_never_rests_is_a_conflict(
    store: Repository, repository: Path, racing: Callable[[int], None]
) -> None:
    """After three attempts the agent is asked to stop, and nothing was accepted."""
    racing(9)
    with pytest.raises(BranchMoves, match="moved 3 times"):
        fetch(store, repository)
    assert kernel_git.resolve(store, INTO) is None
