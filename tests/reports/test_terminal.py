import errno
from io import StringIO

import pytest
from rich.table import Table
from rich.text import Text

from greenlight_films.reports.terminal import terminal


def test_control_characters_are_removed_also_in_tables():
    console = terminal()
    console.file = StringIO()
    table = Table("title")
    table.add_row(Text("a\x1b[2J\u202eb\x9b3m"))
    console.print(table)
    console.print("c\x07\td", markup=False)
    printed = console.file.getvalue()
    assert "a[2Jb3m" in printed
    assert not set(printed) & set("\x1b\x07\x9b\u202e")


@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EIO])
def test_output_that_cannot_be_written_is_named(kind):
    class Full(StringIO):
        def write(self, text):
            raise OSError(kind, "it can't")

    console = terminal()
    console.file = Full()
    with pytest.raises(OSError, match="it can't") as problem:
        console.print("a")
    assert (problem.value.errno, problem.value.filename) == (kind, "the output")
