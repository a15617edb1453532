import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.ragged_rows import refuse_ragged

QUOTE, END = "put cells that hold a delimiter in quotes", "remove the delimiter at the end of rows whose last cell is"
CUT = "complete rows that are cut off"


@pytest.mark.parametrize(
    ("rows", "said", "unsaid"),
    [
        ([["a", "b", "c"]], [QUOTE], [END, CUT]),
        ([["a", "b", " "]], [END], [QUOTE, CUT]),
        ([["a"]], [CUT], [QUOTE, END]),
        ([["a"], ["a", "b", "", ""]], [END, CUT], [QUOTE]),
        ([["a", "b", "", "c"], ["a"], ["a", "b", ""]], [QUOTE, END, CUT], []),
    ],
)
def test_the_remedy_is_what_helps_the_rows_there(rows, said, unsaid):
    with pytest.raises(InputError) as refusal:
        refuse_ragged("a.csv", 2, [(7 + index, 5 + index, cells) for index, cells in enumerate(rows)])
    message = str(refusal.value)
    assert message.startswith(f"a.csv: every row must have the header's 2 cells, line 7 (row 5) has {len(rows[0])}")
    assert message.endswith(", or give --data.delimiter or --data.quote")
    assert refusal.value.row == 5
    assert all(part in message for part in said)
    assert not any(part in message for part in unsaid)
