import pytest

from greenlight_films.datamodules.tables.number_names import kind_by_name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("total_gross", "money"), ("Presupuesto", "money"), ("costume", None), ("runtime_minutes", "duration"),
        ("Laufzeit", "duration"), ("startYear", "year"), ("yearly", None), ("rating", None),
    ],
)  # fmt: skip
def test_names_promise_kinds_of_numbers(name, kind):
    assert kind_by_name(name) == kind
