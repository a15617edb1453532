import numpy as np
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.raw_files import NAME_BASICS
from greenlight_films.sources.tsv_blocks import read_blocks
from tests.sources.conftest import in_names

HEADER = "nconst\tprimaryName\tbirthYear\n"
COLUMNS = ("nconst", "primaryName")


def test_every_row_of_every_block_has_its_own_line(tmp_path):
    random = np.random.default_rng(1895)
    kinds = random.choice(["whole", "short", "empty"], 120_000, p=[0.9, 0.05, 0.05])
    # A row names its own line; é is two bytes, which a block's end may part.
    rows = {"whole": "nm{0:07}\téééééééééé {0}\t1900", "short": "nm{0:07}\té", "empty": ""}
    lines = [rows[kind].format(index + 2) for index, kind in enumerate(kinds)]
    preparation = in_names(tmp_path / "name.basics.tsv", HEADER + "\n".join(lines))
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


def test_columns_may_have_blanks_around_them_and_empty_lines_above(tmp_path):
    text = "\n\n nconst\tprimaryName \nnm0000001\tAnn\nnm0000002\nnm0000003\tBea\n"
    preparation = in_names(tmp_path / "name.basics.tsv", text)
    ((batch, _),) = read_blocks(preparation, NAME_BASICS, COLUMNS)
    assert (batch["line"].to_pylist(), batch["primaryName"].to_pylist()) == ([4, 6], ["Ann", "Bea"])
    assert preparation.rejected["line"].tolist() == [5]


def test_a_character_that_the_files_end_cuts_off_is_noted(tmp_path):
    text = HEADER.encode() + "nm0000001\tZoë".encode()[:-1]
    preparation = in_names(tmp_path / "name.basics.tsv", text)
    assert sum(len(ids) for _, ids in read_blocks(preparation, NAME_BASICS, COLUMNS)) == 0
    assert preparation.rejected["text"].tolist() == ["nm0000001\tZo\ufffd"]
    assert preparation.notes[0].endswith("read as \ufffd: 1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nconst\tname\nnm0000001\tZ\n", r"name\.basics\.tsv can't be read to its end: .*primaryName"),
        (
            f"nconst\tprimaryName\nnm0000001\t{'x' * 6_000_000}\n",
            r"name\.basics\.tsv has a row of more than a million bytes: is a line end missing\?",
        ),
    ],
)
def test_a_file_without_its_columns_or_with_a_row_that_fits_in_no_block_is_refused(text, message, tmp_path):
    with pytest.raises(InputError, match=message):
        list(read_blocks(in_names(tmp_path / "name.basics.tsv", text), NAME_BASICS, COLUMNS))
