"""The made-up files of `tests/data/cases`, each of another layout or encoding, as they are opened."""

import re

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.read_table import open_table
from tests.cases import cases, check_message, check_values, columns_of, name_of, path_of

FILES = cases("encodings", "layout")
OWN = vars(Layout()).keys()


def values_of(column, kind):
    if kind == "date":
        return column.dt.strftime("%Y-%m-%d").tolist()
    if kind == "labels":
        return [[item["name"] if isinstance(item, dict) else item for item in cell] for cell in column]
    if kind in ("number", "year", "money"):
        return [float(re.sub(",", ".", str(cell))) for cell in column]
    return column.tolist()


def opened(case):
    return open_table(str(path_of(case)), Layout(**case.get("given", {})))


@pytest.mark.parametrize("case", [case for case in FILES if case["outcome"] == "refusal"], ids=name_of)
def test_what_cannot_be_read_is_refused_with_what_it_must_name(case):
    with pytest.raises(InputError) as refusal:
        opened(case)
    check_message(str(refusal.value), case["expect"]["message"])


@pytest.mark.parametrize("case", [case for case in FILES if case["outcome"] != "refusal"], ids=name_of)
def test_a_file_is_opened_with_its_values_its_layout_and_what_must_be_told(case):
    expect, table = case["expect"], opened(case)
    assert len(table.frame) == expect.get("n_rows", len(table.frame))
    for name, column in columns_of(case).items():
        check_values(values_of(table.frame[name.removeprefix("#")], column["kind"]), column["values"])
    for name, value in expect.get("found", {}).items():
        if name in OWN:
            assert getattr(table.layout, name) in (value if isinstance(value, list) else [value])
    assert table.units == expect.get("units", {})
    notices = "\n".join(table.notices)
    wanted = expect.get("told", expect.get("message"))
    assert (wanted is None) == (notices == "")
    check_message(notices, wanted or {})
    for repaired in expect.get("repaired", {}).values():
        assert repaired[0] in notices
