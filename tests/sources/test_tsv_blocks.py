from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import NAME_BASICS
from greenlight_films.sources.tsv_blocks import Block, Places, blocks, codes, id_numbers, id_texts

HEADER = "nconst\tprimaryName\tbirthYear\n"


def read(path: Path, text: bytes) -> tuple[list[Block], Preparation]:
    path.write_bytes(text)
    preparation = Preparation({NAME_BASICS: path})
    return list(blocks(preparation, NAME_BASICS, ("nconst", "primaryName"))), preparation


def test_every_row_of_every_block_has_its_own_line(tmp_path: Path):
    random = np.random.default_rng(1895)
    kinds = random.choice(["whole", "short", "empty"], 200_000, p=[0.9, 0.05, 0.05])
    # A row says its own line; é is two bytes, which a block's end may part.
    rows = {"whole": "nm{0}\téééééé {0}\t1900", "short": "nm{0}\té", "empty": ""}
    lines = [rows[kind].format(place + 2) for place, kind in enumerate(kinds)]
    found, preparation = read(tmp_path / "name.basics.tsv", (HEADER + "\n".join(lines)).encode())
    assert len(found) > 3
    assert np.array_equal(np.concatenate([block.lines for block in found]), np.flatnonzero(kinds == "whole") + 2)
    for block in found:
        assert block.cells["primaryName"].to_pylist() == [f"éééééé {line}" for line in block.lines]
    assert preparation.rejected["line"].tolist() == (np.flatnonzero(kinds == "short") + 2).tolist()
    assert preparation.rejected["text"].tolist() == [f"nm{line}\té" for line in preparation.rejected["line"]]
    assert preparation.read == {"name.basics.tsv": int((kinds != "empty").sum())}
    assert preparation.notes == []


def test_a_character_that_the_files_end_cuts_off_is_told(tmp_path: Path):
    found, preparation = read(tmp_path / "name.basics.tsv", HEADER.encode() + "nm0000001\tZoë".encode()[:-1])
    assert [len(block.lines) for block in found] in ([], [0])
    assert preparation.rejected["text"].tolist() == ["nm0000001\tZo\ufffd"]
    assert preparation.notes[0].endswith("read as \ufffd: 1")


def test_a_file_without_its_columns_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"name\.basics\.tsv can't be read to its end: .*primaryName"):
        read(tmp_path / "name.basics.tsv", b"nconst\tname\nnm0000001\tZ\n")


def test_an_id_is_its_prefix_and_seven_digits_or_more():
    given = [
        "tt0000009",
        "tt10872600",
        "tt000009",
        "nm0000009",
        "tt00000x9",
        "tt-000009",
        "tt",
        "",
        None,
        "tt" + "9" * 19,
    ]
    assert id_numbers(pa.array(given), "tt").tolist() == [9, 10_872_600, *[-1] * 8]
    assert id_texts(np.array([9, 10_872_600]), "tt").to_pylist() == given[:2]


def test_codes_stay_the_same_from_block_to_block():
    known = {"movie": 0}
    first = pa.array(["short", "movie", None]).dictionary_encode()
    second = pa.array(["movie", "video", "short"]).dictionary_encode()
    names = [[list(known)[code] for code in codes(cells, known)] for cells in (first, second)]
    assert names == [["short", "movie", "\\N"], ["movie", "video", "short"]]
    assert known["movie"] == 0


def test_places_tell_where_an_id_stands_and_which_does_not():
    assert Places(np.array([30, 10, 20])).of(np.array([10, 15, 20, 30, 99, 1])).tolist() == [1, -1, 2, 0, -1, -1]
    assert Places(np.empty(0, np.int64)).of(np.array([1, 2])).tolist() == [-1, -1]
