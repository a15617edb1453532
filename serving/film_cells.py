"""The types of a film in a request; a value of none of them is refused once, not once for each type of a union."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, TypeAdapter, WrapValidator
from pydantic_core import PydanticCustomError

Name = Annotated[StrictStr, Field(min_length=1, max_length=300)]
Column = Annotated[StrictStr, Field(min_length=1, max_length=300)]
Text = Annotated[StrictStr, Field(max_length=10_000)]
Real = Annotated[StrictFloat, Field(allow_inf_nan=False)]
Whole = Annotated[StrictInt, Field(ge=-(10**15), le=10**15)]
Names = Annotated[list[Name], Field(max_length=500)]
RowNumber = Annotated[StrictInt, Field(ge=1, le=10**9)]


def _by_type(adapters: Mapping[type, TypeAdapter[Any]], must_be: str) -> Callable[[Any, Any], Any]:
    """Return what checks a value as the one type of several that it has: a union names the faults of all of them."""

    def checked(value: Any, union: Any) -> Any:
        is_other_list = isinstance(value, list) and not all(isinstance(name, str) for name in value)
        if type(value) not in adapters or is_other_list:
            raise PydanticCustomError("other_type", "must be {must_be}", {"must_be": must_be})
        return adapters[type(value)].validate_python(value)

    return checked


_CELLS: dict[type, TypeAdapter[Any]] = {
    bool: TypeAdapter(StrictBool),
    int: TypeAdapter(Whole),
    float: TypeAdapter(Real),
    str: TypeAdapter(Text),
    list: TypeAdapter(Names),
    type(None): TypeAdapter(None),
}
CellValue = Annotated[
    StrictBool | Whole | Real | Text | Names | None,
    WrapValidator(_by_type(_CELLS, "a number, a text, true or false, a list of names, or null")),
]
Cells = Annotated[dict[Column, CellValue], Field(max_length=500)]
_FILMS: dict[type, TypeAdapter[Any]] = {dict: TypeAdapter(Cells), int: TypeAdapter(RowNumber)}
FilmCells = Annotated[
    Cells | RowNumber,
    WrapValidator(_by_type(_FILMS, "a film's cells by the table's columns, or the number of its row")),
    Field(description="A film's cells by the table's columns, or the number of its row in the run's table."),
]
