"""Folders of objects are written so that git reads the same ones."""

from pathlib import Path

import pytest

from coordinator.kernel.text import alternates


@pytest.mark.parametrize(
    ("folder", "quoted"),
    [
        ("/a/objects", '"/a/objects"'),
        ("/a:b #c", '"/a:b #c"'),
        ('/a "b"\\', '"/a \\042b\\042\\134"'),
        ("/a\nb\t\x7f", '"/a\\012b\\011\\177"'),
        ("/ü\udcff", '"/ü\udcff"'),
    ],
)
def test_a_folder_is_quoted(folder: str, quoted: str) -> None:
    """As C does; what is no ASCII stays."""
    assert alternates.lines([Path(folder)]) == f"{quoted}\n"


def test_several_are_divided() -> None:
    """By the ends of lines in a file, by colons in the variable; none are nothing."""
    folders = [Path("/a"), Path("/b")]
    assert alternates.lines(folders) == '"/a"\n"/b"\n'
    assert alternates.variable(folders) == {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": '"/a":"/b"'
    }
    assert alternates.lines([]) == ""
