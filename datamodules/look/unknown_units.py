"""Tell columns that are numbers with a unit that isn't known, such as `220 mil eur`, from columns of labels."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SAMPLE = 2000  # cells that are looked at
FORMS = 3  # ways to write the unit, such as 1 foo, 2 foos and 2 foos 3
MOST = 0.9  # share of the cells that are written in these
FEWEST = 10  # different texts: of fewer, they are rather names of kinds, such as 12+ and 16+
NUMERAL = r"\d[\d.,' ]*"
ALIKE = r"^[^\pL\d]*#.*\pL|^[^\pL\d]*#.*[^\s\d\pL#.,:/-]"  # a number, then more than a date's marks


def unknown_unit_notice(name: str, texts: pa.Array) -> str:
    """Return the beginning of a sentence on a column of numbers with a unit that isn't known; empty for others.

    Args:
        texts: cells that don't mean missing, which can't be read as numbers.
    """
    sample = texts.take(pa.array(np.linspace(0, len(texts) - 1, min(len(texts), SAMPLE)).astype(int)))
    forms = pc.utf8_trim_whitespace(pc.replace_substring_regex(sample, NUMERAL, "# "))
    forms = pc.replace_substring_regex(forms, r"\s+", " ").filter(pc.match_substring_regex(forms, ALIKE))
    if len(forms) < MOST * len(sample) or len(sample.unique()) < FEWEST:
        return ""
    counts = pc.value_counts(forms)
    common = np.sort(counts.field("counts").to_numpy())[-FORMS:].sum()
    if common < MOST * len(sample) or len(sample.unique()) < 2 * len(counts):
        return ""
    example = next(text for text in sample.to_pylist() if re.match(r"\W*\d", text))
    return f"column '{name}' seems to hold numbers with a unit that isn't known, such as {example.strip()!r}"
