import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.sources.raw_files import NAME_BASICS
from greenlight_films.sources.tsv_blocks import id_numbers, id_texts, read_matches
from tests.sources.conftest import in_names

HEADER = "nconst\tprimaryName\tbirthYear\n"
COLUMNS = ("nconst", "primaryName")


@pytest.mark.parametrize("unique", [True, False])
def test_matches_are_the_rows_about_some_ids_with_their_positions(unique, tmp_path):
    rows = "nm0000003\tC\t\\N\nnm3\tX\t\\N\nnm0000001\t\\N\t1\nnm0000003\tD\t1\nnm0000009\tE\t1\n"
    preparation = in_names(tmp_path / "name.basics.tsv", HEADER + rows)
    matches = read_matches(preparation, NAME_BASICS, COLUMNS, pd.Index([1, 2, 3]), "others", unique)
    names = [
        (int(index), name)
        for batch, position in matches
        for index, name in zip(position, batch["primaryName"].to_pylist(), strict=True)
    ]
    assert names == [(2, "C"), (0, None), (2, "D")][: 2 if unique else 3]
    assert preparation.notes == ["others: 1"]
    reasons = ["nconst is no id such as nm0000009", *["nconst stands in an earlier row"] * unique]
    assert preparation.rejected["reason"].tolist() == reasons
    assert preparation.rejected["text"].tolist() == ["nm3\tX", *["nm0000003\tD"] * unique]


def test_an_id_is_its_prefix_and_seven_digits_or_more():
    given = ["tt0000009", "tt10872600"]
    others = ["tt000009", "nm0000009", "tt00000x9", "tt-000009", "tt", "", None, "tt" + "9" * 19]
    assert id_numbers(pa.array([*given, *others]), "tt").tolist() == [9, 10_872_600, *[-1] * 8]
    assert id_texts(np.array([9, 10_872_600]), "tt").to_pylist() == given
