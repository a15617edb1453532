from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import NAME_BASICS
from greenlight_films.sources.tsv_blocks import codes, id_numbers, id_texts, read_blocks, read_matches

HEADER = "nconst\tprimaryName\tbirthYear\n"
COLUMNS = ("nconst", "primaryName")


def preparation_of(path: Path, text: bytes) -> Preparation:
    path.write_bytes(text)
    return Preparation({NAME_BASICS: path})


def test_every_row_of_every_block_has_its_own_line(tmp_path):
    random = np.random.default_rng(1895)
    kinds = random.choice(["whole", "short", "empty"], 120_000, p=[0.9, 0.05, 0.05])
    # A row names its own line; é is two bytes, which a block's end may part.
    rows = {"whole": "nm{0:07}\téééééééééé {0}\t1900", "short": "nm{0:07}\té", "empty": ""}
    lines = [rows[kind].format(index + 2) for index, kind in enumerate(kinds)]
    preparation = preparation_of(tmp_path / "name.basics.tsv", (HEADER + "\n".join(lines)).encode())
    blocks = list(read_blocks(preparation, NAME_BASICS, COLUMNS))
    assert len(blocks) > 3
    assert np.array_equal(np.concatenate([ids for _, ids in blocks]), np.flatnonzero(kinds == "whole") + 2)
    for batch, ids in blocks:
        assert batch["line"].to_pylist() == ids.tolist()
        assert batch["primaryName"].to_pylist() == [f"éééééééééé {line}" for line in ids]
    assert preparation.rejected["line"].tolist() == (np.flatnonzero(kinds == "short") + 2).tolist()
    assert preparation.rejected["text"].tolist() == [f"nm{line:07}\té" for line in preparation.rejected["line"]]
    assert preparation.read == {"name.basics.tsv": int((kinds != "empty").sum())}
    assert preparation.notes == []


def test_a_character_that_the_files_end_cuts_off_is_noted(tmp_path):
    text = HEADER.encode() + "nm0000001\tZoë".encode()[:-1]
    preparation = preparation_of(tmp_path / "name.basics.tsv", text)
    assert sum(len(ids) for _, ids in read_blocks(preparation, NAME_BASICS, COLUMNS)) == 0
    assert preparation.rejected["text"].tolist() == ["nm0000001\tZo\ufffd"]
    assert preparation.notes[0].endswith("read as \ufffd: 1")


def test_a_file_without_its_columns_is_refused(tmp_path):
    preparation = preparation_of(tmp_path / "name.basics.tsv", b"nconst\tname\nnm0000001\tZ\n")
    with pytest.raises(InputError, match=r"name\.basics\.tsv can't be read to its end: .*primaryName"):
        list(read_blocks(preparation, NAME_BASICS, COLUMNS))


@pytest.mark.parametrize("unique", [True, False])
def test_matches_are_the_rows_about_some_ids_with_their_positions(unique, tmp_path):
    rows = "nm0000003\tC\t\\N\nnm3\tX\t\\N\nnm0000001\t\\N\t1\nnm0000003\tD\t1\nnm0000009\tE\t1\n"
    preparation = preparation_of(tmp_path / "name.basics.tsv", (HEADER + rows).encode())
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


def test_codes_stay_the_same_from_block_to_block():
    known = {"movie": 0}
    first = pa.array(["short", "movie", None]).dictionary_encode()
    second = pa.array(["movie", "video", "short"]).dictionary_encode()
    names = [[list(known)[code] for code in codes(cells, known)] for cells in (first, second)]
    assert names == [["short", "movie", "\\N"], ["movie", "video", "short"]]
    assert known["movie"] == 0
