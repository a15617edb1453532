"""Malformed tables for property tests: what attackers, transfers and messy spreadsheets make of a good one."""

import gzip
import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as papq
from hypothesis import strategies as st

from tests.cases import CASES

HEADER = ["id", "title", "year", "genre", "company", "rating"]

ODD = [
    *("", " ", "NA", "nan", "NaN", "inf", "-inf", "Infinity", "0", "-1", "-0.0", "1.5", "1,5", "1e308", "-1e308"),
    *("1e154", "3.5e38", "1e39", "1e-320", "1e400", "9223372036854775807", "9223372036854775808", "9" * 400),
    *("-9999999999999999999999", "0x1F", "1_000", "½", "٣", "$5", "5%", "2001-02-03", "2001-02-03T04:05:06Z"),
    *("12:30", "true", "False", "yes", "a, b", ", ", ",", ",,,", '"', '""', '"a', 'a"b', "'", "\\", "\\N", "\x00"),
    *("\r", "\n", "\r\n", "\t", ";", "|", "\x1b[2J", "\x07", "\u00a0", "\u200b", "\u202e", "\u2028", "\ufeff", "é"),
    *("e\u0301", "ﬁ", "а", "😀", "👩‍👩‍👧", "שלום", "مرحبا", "=1+1", "@SUM(A1)"),
    *("{", "[1, 2]", "{'name': 1}", "x" * 10_000),
]
"""Cells that have broken programs."""

CELLS = st.one_of(
    st.sampled_from(ODD), st.text(max_size=6), st.floats().map(repr), st.integers().map(str), st.none().map(str)
)


@dataclass(frozen=True)
class Malformed:
    """A file as bytes, by the name that it goes by."""

    suffix: str
    content: bytes

    def write(self, folder: Path) -> Path:
        path = folder / f"films{self.suffix}"
        path.write_bytes(self.content)
        return path

    def __repr__(self) -> str:
        shown = self.content if len(self.content) < 600 else self.content[:600] + b"..."
        return f"{self.suffix} {shown!r}"


def good_rows(n: int) -> list[list[str]]:
    """Return n films that can be trained on."""
    return [
        [
            f"tt{i}",
            f"Film {i}",
            str(1950 + 7 * i % 70),
            ("Drama", "Drama, War", "Comedy")[i % 3],
            "AB"[i % 2],
            f"{i % 7}.5",
        ]
        for i in range(n)
    ]


@st.composite
def grids(draw: st.DrawFn) -> list[list[str]]:
    """Return a header and rows, with cells, columns and rows spoilt."""
    rows = [list(HEADER), *good_rows(draw(st.sampled_from([12, 12, 12, 0, 1, 2, 3, 5, 40])))]
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["cell"] * 5 + ["column"] * 5 + ["same", "row", "drop", "double", "extra", "head"]))
        row = draw(st.integers(min(1, len(rows) - 1), len(rows) - 1))
        column = draw(st.integers(0, max(len(rows[row]) - 1, 0)))
        if kind == "cell" and rows[row]:
            rows[row][column] = draw(CELLS)
        elif kind == "column":
            value = draw(CELLS)
            for line in rows[1:]:
                line[column : column + 1] = [value]
        elif kind == "row":
            rows[row] = draw(st.lists(CELLS, max_size=8))
        elif kind == "drop":
            del rows[row][column : column + 1]
        elif kind == "double":
            rows.insert(row, list(rows[row]))
        elif kind == "extra":
            rows[row].insert(column, draw(CELLS))
        elif kind == "head":
            rows[0] = [draw(st.sampled_from([*HEADER, "", " ", "year "])) for _ in rows[0]]
        elif kind == "same":
            rows[1:] = [list(rows[min(1, len(rows) - 1)]) for _ in rows[1:]]
    return rows


@st.composite
def texts(draw: st.DrawFn, delimiter: str = ",") -> bytes:
    """Return a text table: sometimes quoted as it should be, in some encoding, with any line ends."""
    quotes = draw(st.sampled_from([True, True, False]))
    end = draw(st.sampled_from(["\n"] * 6 + ["\r\n", "\r", "\n\r", "\u2028"]))

    def cell(text: str) -> str:
        risky = quotes and any(sign in text for sign in f'{delimiter}"\r\n')
        return '"' + text.replace('"', '""') + '"' if risky else text

    rows = draw(grids())
    text = end.join(delimiter.join(map(cell, row)) for row in rows) + draw(st.sampled_from([end, "", end * 3]))
    encoding = draw(
        st.sampled_from(["utf-8"] * 15 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252"])
    )
    return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


@st.composite
def spoilt(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Return bytes with some changed, dropped, doubled or put in, or cut short."""
    content = bytearray(draw(whole))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2, 5]))):
        index = draw(st.integers(0, len(content)))
        kind = draw(st.sampled_from(["flip", "insert", "drop", "double", "cut"]))
        if kind == "flip" and index < len(content):
            content[index] ^= draw(st.integers(1, 255))
        elif kind == "insert":
            content[index:index] = draw(
                st.one_of(
                    st.sampled_from([b",", b'"', b"\n", b"\r", b"\0", b"\xff", b"\xff\xfe"]), st.binary(max_size=8)
                )
            )
        elif kind == "drop":
            del content[index : index + draw(st.integers(1, 30))]
        elif kind == "double":
            content[index:index] = content[index : index + draw(st.integers(1, 60))]
        elif kind == "cut":
            del content[index:]
    return bytes(content)


def _parquet(rows: list[list[str]]) -> bytes:
    sink = pa.BufferOutputStream()
    columns = {name: pa.array([row[i] for row in rows]) for i, name in enumerate(HEADER)}
    columns["year"] = pa.array([float(row[2]) for row in rows])
    columns["rating"] = pa.array([float(row[5]) for row in rows])
    papq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def _sqlite(rows: list[list[str]]) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE films (id, title, year REAL, genre, company, rating REAL)")
        connection.executemany("INSERT INTO films VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
        return connection.serialize()


def _zipped(text: bytes) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("films.csv", text)
    return content.getvalue()


def _json(rows: list[list[str]]) -> bytes:
    return json.dumps([dict(zip(HEADER, row, strict=True)) for row in rows]).encode()


WORKBOOK = (CASES / "layout" / "workbook.xlsx").read_bytes()
CSV = spoilt(texts())
TABLES: st.SearchStrategy[Malformed] = st.one_of(
    *[CSV.map(lambda content: Malformed(".csv", content))] * 8,
    spoilt(texts("\t")).map(lambda content: Malformed(".tsv", content)),
    st.binary(max_size=300).map(lambda content: Malformed(".csv", content)),
    CSV.map(lambda content: Malformed(".csv.gz", gzip.compress(content, 1))),
    spoilt(texts().map(lambda text: gzip.compress(text, 1))).map(lambda content: Malformed(".csv.gz", content)),
    st.tuples(CSV, CSV).map(lambda two: Malformed(".csv.gz", gzip.compress(two[0], 1) + gzip.compress(two[1], 1))),
    spoilt(texts().map(lambda text: _zipped(text))).map(lambda content: Malformed(".zip", content)),
    spoilt(st.just(_json(good_rows(12)))).map(lambda content: Malformed(".json", content)),
    spoilt(st.just(WORKBOOK)).map(lambda content: Malformed(".xlsx", content)),
    spoilt(st.just(_parquet(good_rows(12)))).map(lambda content: Malformed(".parquet", content)),
    spoilt(st.just(_sqlite(good_rows(12)))).map(lambda content: Malformed(".db", content)),
)
"""Any of the formats."""


def good_table() -> Malformed:
    """Return a table with nothing wrong."""
    rows = [HEADER, *good_rows(24)]
    return Malformed(".csv", "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows).encode())
