import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels
from greenlight_films.datamodules.tables.label_cells import split_labels
from greenlight_films.datamodules.tables.label_checks import refuse_wrong_notation


@pytest.mark.parametrize(
    ("cells", "separator"),
    [
        (["The Good, the Bad", "Love, Actual Love", "Pepi, Luci, Bom", "He Said, She Said", "Max, Mon Amour"], "|"),
        (["Ode, Ann; Fry, Bo", "Ode, Ann", "Wend, Ann; Ode, Bo", "Fry, Cy"], "; "),
        ([f"{last}, {first}" for first in ("Ann", "Bo", "Cy", "Di") for last in ("Ode", "Fry", "Wend")], "|"),
        (["Umberglass, Inc.", "Tarnfold, Ltd.", "Umberglass, Inc.|Moth", "Pellam, LLC"], "|"),
        (["(no genres listed)"] * 5 + ["Drama|War"], "|"),
        (["Drama", "War", "Drama", None], ", "),
        (["A|B"], ", "),
    ],
)
def test_cells_that_another_separator_may_stand_in_are_not_refused_without_need(cells, separator):
    refuse_wrong_notation("c", split_labels(pd.Series(cells, name="c", dtype="str"), separator), separator)


def test_cells_in_another_format_than_declared_are_refused_with_that():
    cells = pd.Series(["{War,Drama}", '{"Science Fiction",War}', "{Drama}"], name="c")
    with pytest.raises(InputError, match="most cells are in postgres format: set `format: postgres`"):
        Labels("c", format="json").parse(cells)
