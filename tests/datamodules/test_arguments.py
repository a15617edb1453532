from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest

from greenlight_films.datamodules import GroupSplit, KFold, Labels, Number, RandomSplit, Split, Target
from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.errors import InputError


@dataclass
class Chosen:
    kind: Literal["thin", "thick"] = "thin"
    size: Literal[1, 2] | None = None
    name: str | Literal["free"] = "any"


def measured(
    count: int,
    share: float = 0.5,
    is_on: bool = False,
    columns: str | list[str] = "a",
    widths: Sequence[int] | None = None,
    names: dict[str, list[str]] | None = None,
    rows: int | Literal["all"] = "all",
    split: Split | None = None,
    anything: Any = None,
) -> None: ...


def test_a_choice_is_one_of_its_list_and_what_takes_other_things_is_free():
    refuse_other_types(Chosen, vars(Chosen("thick", None, "other")), "the line: `{}`")
    with pytest.raises(InputError, match=r"^the line: `kind` must be one of thin, thick, got 'thik', did you mean"):
        refuse_other_types(Chosen, vars(Chosen("thik")), "the line: `{}`")
    with pytest.raises(InputError, match=r"^the line: `kind` must have a value, got null$"):
        refuse_other_types(Chosen, vars(Chosen(None)), "the line: `{}`")


@pytest.mark.parametrize(
    "right",
    [
        {"count": np.int32(3), "share": 1, "is_on": np.True_},
        {"share": np.float32(0.5), "widths": (64, 32), "rows": 7},
        {"widths": np.array([64, 32]), "columns": ["a", "b"], "rows": "all"},
        {"names": {"a": ["b"]}, "split": RandomSplit(), "widths": None},
        {"anything": {1: object()}, "unknown": 3},
    ],
)
def test_numbers_of_numpy_and_any_list_are_taken(right):
    refuse_other_types(measured, right)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 1.5}, "count must be a whole number, got 1.5"),
        ({"share": "half"}, "share must be a number, got 'half'"),
        ({"is_on": "yes"}, "is_on must be True or False, got 'yes'"),
        ({"is_on": 1}, "is_on must be True or False, got 1"),
        ({"columns": 5}, "columns must be a text or a list of texts, got 5"),
        ({"columns": [5]}, "columns must be a text or a list of texts, got [5]"),
        ({"widths": 64}, "widths must be a list of whole numbers, got 64; give [64]"),
        ({"widths": {64: 1}}, "widths must be a list of whole numbers, got {64: 1}"),
        ({"names": ["a"]}, "names must be a dict with a list of texts for each name, got ['a']"),
        ({"names": {"a": "b"}}, "names must be a dict with a list of texts for each name, got {'a': 'b'}"),
        ({"rows": "al"}, "rows must be a whole number or 'all', got 'al', did you mean 'all'?"),
        ({"split": GroupSplit(5)}, "GroupSplit: `by` must be a text or a list of texts, got 5"),
        ({"split": KFold(by=None, val=None)}, "KFold: `val` must have a value, got null"),
        ({"count": "a" * 90}, f"count must be a whole number, got '{'a' * 76}..."),
        ({"count": "2", "share": None}, "count must be a whole number, got '2'\nshare must have a value, got null"),
    ],
)
def test_what_is_of_another_type_is_refused_with_what_it_must_be(wrong, message):
    with pytest.raises(InputError) as refusal:
        refuse_other_types(measured, wrong)
    assert str(refusal.value) == message


def test_a_class_is_named_with_those_that_stand_for_it():
    with pytest.raises(InputError) as refusal:
        refuse_other_types(measured, {"split": "random"})
    kinds = ", ".join(kind.__name__ for kind in Split.__subclasses__())  # a test may make one more
    assert str(refusal.value) == f"split must be a Split ({kinds}), got 'random'"
    assert kinds.startswith("RandomSplit, GroupSplit, TimeSplit, KFold, InnerFold")


def test_features_look_at_their_arguments_when_they_are_made():
    with pytest.raises(InputError, match=r"column 'cast': `min_films` must be a whole number, got 1\.5"):
        Labels("cast", min_films=1.5)
    with pytest.raises(InputError, match="column 'year': `sigma` must be a number, got 'wide'"):
        Number("year", sigma="wide")
    with pytest.raises(InputError, match="column 'genre': `first_only` must have a value, got null"):
        Labels("genre", first_only=None)
    with pytest.raises(InputError, match="the target 'rating': `unit` must have a value, got null"):
        Target("rating", unit=None)
