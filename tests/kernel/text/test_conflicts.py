from coordinator.kernel.text import conflicts


def test_conflicts_are_found_outside_of_fences() -> None:
    """A file that git left in conflict is told by its opening lines."""
    text = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n```\n<<<<<<< x\n```\n"
    assert [x.line for x in conflicts.find(text, "x.md")] == [1]


def test_a_file_full_of_them_is_not_listed_whole() -> None:
    """The first twenty are enough to know."""
    assert len(conflicts.find("<<<<<<< ours\n" * 50, "x.md")) == 20
