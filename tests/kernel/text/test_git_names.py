import pytest

from coordinator.kernel.text.git_names import is_branch_name


@pytest.mark.parametrize(
    "name", ["main", "backend/login", "release/1.0", "ümläut/x", "a`b", "x@y", "#1"]
)
def test_names_that_git_admits_are_branches(name: str) -> None:
    """Any branch that git can make may be named."""
    assert is_branch_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "@", "HEAD", "-x", "--upload-pack=evil", "a b", "a..b", "a//b", "/a"),
        *("a/", "a.", ".a", "a/.b", "a.lock", "a.lock/b", "a@{1}", "a~1", "a^", "a:b"),
        *("a?", "a*", "a[", "a\\b", "a\nb", "a\n", "a\x7f", "refs/heads/a", "x" * 201),
    ],
)
def test_names_that_git_refuses_are_none(name: str) -> None:
    """Options, revisions and paths out of the namespace never reach git."""
    assert not is_branch_name(name)
