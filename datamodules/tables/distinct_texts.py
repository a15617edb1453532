"""The different texts of a column, each once: what reads texts has few to read."""

import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SAMPLE = 1000  # texts that show whether nearly all are different


@dataclass(frozen=True)
class DistinctTexts:
    """The different texts of a column.

    Attributes:
        texts: (n_distinct,) without blanks around them, in the order in which they first stand.
        codes: (n_rows,) which of them a row has; -1: none.
    """

    texts: pa.Array
    codes: np.ndarray

    def counts(self) -> np.ndarray:
        """Return how many rows have each text, (n_distinct,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts))

    def rows(self, values: np.ndarray, none: object) -> np.ndarray:
        """Return the value of each row's text, (n_rows,); `none` where there is no text."""
        return np.append(values, np.array([none], dtype=values.dtype))[self.codes]


def distinct_texts(column: pd.Series, exactly: bool = True) -> DistinctTexts:
    """Return the different texts of a column of texts.

    Args:
        exactly: else texts may stand there again, where nearly all of a large column are different.
    """
    texts = pc.utf8_trim_whitespace(combined(pa.Array.from_pandas(column)).cast(pa.large_string()))
    sample = texts.slice(0, SAMPLE)
    if not exactly and len(texts) > 10 * SAMPLE and pc.count_distinct(sample).as_py() > 0.7 * SAMPLE:
        known = pc.is_valid(texts).to_numpy(zero_copy_only=False)
        return DistinctTexts(texts.drop_null(), np.where(known, np.cumsum(known) - 1, -1))
    encoded = pc.dictionary_encode(texts)
    return DistinctTexts(encoded.dictionary, codes_of(encoded))


def plain_word(text: str) -> str:
    """Return a text in small letters, with single blanks and without characters that can't be seen.

    >>> plain_word("  Not\u00a0Available ")
    'not available'
    """
    if not text.isascii():
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return " ".join(text.split()).casefold()


def combined(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return an array of one part."""
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def codes_of(encoded: pa.DictionaryArray) -> np.ndarray:
    """Return where each value stands in the dictionary, (n,) int32; -1 for null."""
    indices = encoded.indices if encoded.null_count == 0 else encoded.indices.fill_null(-1)
    return np.asarray(indices.to_numpy())
