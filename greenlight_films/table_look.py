"""`look`: what a table holds, from Python."""

from collections.abc import Sequence
from typing import Any

from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.look.look import Look
from greenlight_films.datamodules.look.look import look as look_at
from greenlight_films.datamodules.tables.formats import Cells, declared_formats
from greenlight_films.datamodules.tables.layout import Layout


def look(
    table: Any,
    target: str | int | None = None,
    *,
    leave_out: Sequence[str | int] = (),
    before_release: bool = False,
    missing: Cells | dict[str, Cells] | None = None,
    decimal: str | dict[str, str] | None = None,
    day_first: bool | dict[str, bool] | None = None,
    query: str | None = None,
    sheet: str | None = None,
    member: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    encoding: str | None = None,
    skip: int | None = None,
    header: bool | None = None,
) -> Look:
    """Look at a table: what its columns and rows are, and the study that follows from it.

    `to_frame()` has a line a column, `to_yaml()` is the config of a study, `to_features()` what `FilmRegressor` takes;
    `notices` and `faults` say what is strange and what must be decided.

    Args:
        table: a file, a pandas or polars DataFrame, or an Arrow table.
        target: the column to predict; by default the likeliest.
        leave_out: columns that shall be no features.
        before_release: leave out what is known only once a film was shown.
        missing: texts that mean that nothing is known, in all columns or by column.
        decimal: the decimal mark, of all columns or by column.
        day_first: whether 03/04/2011 is 3 April, in all columns or by column.
        query, sheet, member, delimiter, quote, encoding, skip, header: how a file is written, as of `read_table`.

    Raises:
        InputError: the table can't be read, or `target` is no column of numbers.
    """
    refuse_other_types(look, locals())
    return look_at(
        table,
        None if target is None else str(target),
        layout=Layout(query, sheet, member, delimiter, quote, encoding, skip, header),
        formats=declared_formats(missing, decimal, day_first),
        leave_out=list(map(str, leave_out)),
        before_release=before_release,
    )
