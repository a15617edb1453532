import pandas as pd

from greenlight_films.datamodules.look.kinds import look_at_columns
from greenlight_films.datamodules.tables.formats import Formats


def test_the_first_and_last_date_are_told_beside_missing_ones():
    cells = pd.Series(["", "2004-05-01", "1999-12-31", "2010", ""], dtype="str")
    (column,) = look_at_columns(pd.DataFrame({"released": cells}), Formats())
    assert column.extremes() == ("1999-12-31", "2010")
