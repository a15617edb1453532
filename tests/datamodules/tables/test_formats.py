import numpy as np
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.formats import Format, Formats, declared_formats


def test_what_is_declared_of_a_column_stands_beside_what_is_declared_of_all():
    formats = declared_formats({"budget": [0, 0.0, " - "]}, ",", {"released": True})
    assert formats.of("budget") == Format(missing=("0", "0", "-"), decimal=",")
    assert formats.of("released") == Format(decimal=",", day_first=True)
    assert formats.of("gross") == Format(decimal=",")
    assert declared_formats(["-", 1.5]).of("x") == Format(missing=("-", "1.5"))
    assert declared_formats() == Formats()


@pytest.mark.parametrize("missing", ["N/A", {"year": "N/A"}, np.array(["N/A"]), [" N/A"]])
def test_a_single_text_that_means_missing_needs_no_list(missing):
    assert declared_formats(missing).of("year") == Format(missing=("N/A",))


@pytest.mark.parametrize("zero", [0, 0.0, np.int64(0), np.float32(0), "0"])
def test_a_single_number_that_means_missing_needs_no_list(zero):
    assert declared_formats(zero).of("x") == declared_formats([zero]).of("x") == Format(missing=("0",))


@pytest.mark.parametrize("decimal", [";", {"gross": ",", "budget": ";"}, ""])
def test_a_decimal_mark_is_a_point_or_a_comma(decimal):
    with pytest.raises(InputError, match=r"data\.decimal must be '\.' or ',', got ';?"):
        declared_formats(decimal=decimal)


def test_what_is_declared_of_a_column_that_is_not_there_is_refused_with_the_nearest():
    formats = declared_formats({"budgt": ["-"]}, {"gros": ",", "rating": "."})
    formats.refuse_unknown(["budgt", "gros", "rating"])
    with pytest.raises(InputError) as problem:
        formats.refuse_unknown(["budget", "gross", "rating"])
    assert str(problem.value).splitlines() == [
        "data.missing: no column 'budgt', did you mean 'budget'?",
        "data.decimal: no column 'gros', did you mean 'gross'?",
    ]


def test_formats_are_kept_as_plain_data():
    formats = declared_formats({"a": ["-"]}, ",").updated({"b": Format(day_first=False, unit="EUR")})
    state = formats.to_state()
    assert state == {
        "": {"decimal": ","},
        "a": {"missing": ("-",), "decimal": ","},
        "b": {"day_first": False, "unit": "EUR"},
    }
    assert Formats.from_state({**state, "a": {**state["a"], "missing": ["-"]}}) == formats


@pytest.mark.parametrize("state", [{1: {}}, {"a": []}, {"a": {"colour": "red"}}])
def test_data_of_another_kind_are_refused(state):
    with pytest.raises(TypeError, match="not what a run wrote"):
        Formats.from_state(state)
