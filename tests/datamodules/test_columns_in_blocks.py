import gzip
import shutil
import socket
import sqlite3
import subprocess
import time
from contextlib import closing

import pandas as pd
import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as papq
import pytest

from greenlight_films.datamodules import columns_in_blocks
from greenlight_films.datamodules.columns_in_blocks import NOTICE, ColumnsInBlocks
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import (
    Category,
    Date,
    Labels,
    Number,
    Popularity,
    RidgeByColumn,
    Size,
    Text,
    TrackRecord,
)
from greenlight_films.datamodules.tables import parquet_files, sqlite_in_blocks, text_in_blocks
from tests.conftest import awkward_films
from tests.datamodules.same import assert_same

FEATURES = [
    Number("year"),
    Number("runtime"),
    Labels("genre"),
    Labels("genre", positions=2, role="first genres"),
    Labels("cast", role="actor", weight="sqrt", min_films=2),
    Labels("crew", key="who"),
    Labels("crew", key="who", where={"job": "Director"}, role="director"),
    Category("company"),
    Category("studio"),
    Popularity("company", edges=[0, 20, float("inf")]),
    Text("plot", min_films=2),
    TrackRecord("cast", min_labels=2),
    RidgeByColumn("cast"),
    Size("cast"),
]


def films() -> pd.DataFrame:
    """Return the awkward films with lists, objects, words that may mean missing, and a text."""
    frame = awkward_films()
    rows = range(len(frame))
    frame["genre"] = [None if cell is None or cell != cell else cell.split(", ") for cell in frame["genre"]]
    frame["crew"] = [[{"who": f"C{row % 9}", "job": "Director" if row % 2 else "Writer"}] * (row % 3) for row in rows]
    frame["studio"] = [["Toho", "NA", "unknown", "Ufa", "N/A"][row % 5] for row in rows]
    frame["plot"] = [f"A dog meets {row % 11} cats -- and THE cat" for row in rows]
    return frame


@pytest.fixture
def table(tmp_path):
    """Return a folder with the films in three Parquet files."""
    folder = tmp_path / "films"
    folder.mkdir()
    whole = pa.Table.from_pandas(films())
    for number, start in enumerate((0, 50, 51)):
        papq.write_table(whole.slice(start, (50, 1, 152)[number]), folder / f"{number}.parquet")
    return folder


@pytest.fixture
def data(film_data, table, monkeypatch):
    """Return a maker of datamodules of the films, read whole or in blocks of some 20 rows."""
    monkeypatch.setattr(parquet_files, "BLOCK_ROWS", 20)
    monkeypatch.setattr(sqlite_in_blocks, "BLOCK_ROWS", 20)
    monkeypatch.setattr(text_in_blocks, "PART", 1024)
    monkeypatch.setattr(text_in_blocks, "PARTS", 2)

    def make(in_blocks: bool, **given):
        monkeypatch.setattr(columns_in_blocks, "LARGE", 100 if in_blocks else 1000)
        data = film_data(**{"table": str(table), "features": FEATURES, **given})
        data.setup("fit")
        assert (NOTICE in data.notices) == in_blocks
        return data

    return make


def assert_read_alike(blocks, whole) -> None:
    """Compare all that two readings of a table give, but for their notices."""
    assert whole.films.encoded.labels.nnz > 300
    assert_same(blocks.films, whole.films, "notices")
    assert_same(blocks.fitted.to_state(), whole.fitted.to_state())
    assert blocks.columns == whole.columns
    assert blocks.declared.formats == whole.declared.formats


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"where": "year >= 1980 and company == 'Acme'"},
        {"film": None, "title": None, "missing": {"studio": ["Ufa"]}},
        {"weight": "runtime", "features": [*FEATURES[:1], *FEATURES[2:]], "where": "runtime > 0"},
    ],
    ids=["all", "a condition", "declared missing", "weights"],
)
def test_films_read_in_blocks_are_those_read_whole(data, given):
    whole, blocks = data(False, **given), data(True, **given)
    assert_read_alike(blocks, whole)
    said = [notice for notice in whole.notices if "studio" in notice]
    assert [notice for notice in blocks.notices if "studio" in notice] == said


TEXT_FEATURES = [feature for feature in FEATURES if feature.column != "crew"]


def text_films() -> pd.DataFrame:
    """Return the films with a text in each cell, and columns beside them that no feature needs."""
    frame = films().drop(columns="crew")
    frame["genre"] = [None if cell is None else ", ".join(cell) for cell in frame["genre"]]
    frame["plot"] += " that all of them had thought to be a dog"
    frame.insert(0, "", range(len(frame)))
    return frame.assign(note="Seen.", seen="May 4, 2015")


def as_csv(frame, path):
    frame.to_csv(path, index=False)


def as_semicolons(frame, path):
    head = "Films of the study\n\n" if path.suffix == ".tsv" else ""
    path.write_bytes((head + frame.to_csv(index=False, sep=";", decimal=",")).encode("cp1252", "replace"))


def as_gzip(frame, path):
    path.write_bytes(gzip.compress(frame.to_csv(index=False, sep="\t").encode("utf-16")))


def as_sqlite(frame, path):
    with closing(sqlite3.connect(path)) as connection:
        frame.rename(columns={"": "number"}).to_sql("films", connection, index=False)


FORMS = [("films.csv", as_csv), ("films.tsv", as_semicolons), ("films.csv.gz", as_gzip), ("films.db", as_sqlite)]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "write"), FORMS, ids=[name for name, _ in FORMS])
@pytest.mark.parametrize("where", [None, "runtime > 90 and id != 'tt0001'"], ids=["all", "a condition"])
def test_films_of_text_and_sqlite_in_blocks_are_those_read_whole(data, tmp_path, name, write, where):
    write(text_films(), tmp_path / name)
    given = {"table": str(tmp_path / name), "features": TEXT_FEATURES, "where": where}
    whole, blocks = data(False, **given), data(True, **given)
    assert_read_alike(blocks, whole)
    assert blocks._opened.layout == whole._opened.layout
    assert set(blocks.notices) - {NOTICE} <= set(whole.notices)
    assert {notice for notice in whole.notices if "column" in notice} <= set(blocks.notices)


def test_the_same_table_in_blocks_has_the_same_fingerprint_whatever_file_it_stands_in(data, tmp_path):
    frame, prints = text_films().drop(columns=""), set()
    papq.write_table(pa.Table.from_pandas(frame), tmp_path / "films.parquet")
    for name, write in (("films.csv", as_csv), ("films.db", as_sqlite)):
        write(frame, tmp_path / name)
    for name in ("films.parquet", "films.csv", "films.db"):
        prints.add(data(True, table=str(tmp_path / name), features=TEXT_FEATURES).fitted.fingerprint)
    assert len(prints) == 1


def test_what_other_columns_say_of_numbers_and_dates_is_known_in_blocks(data, tmp_path):
    frame = films()[["id", "title", "company", "rating"]].assign(
        gross=[f"{row % 90 + 10},{row:03}" for row in range(203)],  # a mark of thousands or decimals
        date=[f"{row % 28 + 1:02}/05/{row % 90:02}" for row in range(203)],
        budget=[f"{row}.5" for row in range(203)],
        shown="2011-05-04",
    )
    frame.to_csv(tmp_path / "films.csv", index=False)
    features = [Number("gross"), Date("date"), Category("company")]
    given = {"table": str(tmp_path / "films.csv"), "features": features}
    whole, blocks = data(False, **given), data(True, **given)
    assert whole.fitted.encoder.formats.of("date").latest_year == 2011
    assert_same(blocks.fitted.to_state(), whole.fitted.to_state())
    assert_same(blocks.films, whole.films, "notices")


def test_a_run_goes_on_and_refits_in_blocks_as_whole(data):
    whole, blocks = data(False), data(True)
    again = data(True)
    again._films, again._fitted = None, whole.fitted
    again.setup("test")
    assert_same(again.films, whole.films, "notices")
    for each in (whole, blocks):
        each.refit()
    assert_same(blocks.films, whole.films, "notices")
    assert_same(blocks.fitted.to_state(), whole.fitted.to_state())


def test_texts_of_labels_are_never_read_whole(data, monkeypatch):
    columns, read = [], ColumnsInBlocks._read

    def seen(blocks, names):
        columns.append(names)
        return read(blocks, names)

    monkeypatch.setattr(ColumnsInBlocks, "_read", seen)
    kept = data(True, features=[*FEATURES[:3], FEATURES[4], FEATURES[7]])
    assert columns == [["id", "title", "year", "runtime", "rating"]]
    assert kept.read()["cast"].notna().any(), "who reads the table gets it whole"


def test_rows_are_counted_while_they_pass(data, table, film_data, monkeypatch):
    monkeypatch.setattr(columns_in_blocks, "LARGE", 100)
    counts, films = [], film_data(table=str(table), features=FEATURES)
    films.show_rows = lambda done, of: counts.append((done, of))
    films.setup("fit")
    steps = [(done, 203) for done in (20, 40, 50, 51, 71, 91, 111, 131, 151, 171, 191, 203)]
    assert len(counts) >= 3 * len(steps)
    assert counts == steps * (len(counts) // len(steps))


def test_cells_that_others_use_or_that_must_be_read_at_once_are_read_whole(table, film_data, monkeypatch):
    monkeypatch.setattr(columns_in_blocks, "LARGE", 100)
    data = film_data(features=[*FEATURES, Category("title"), Labels("names", from_columns=["plot", "company"])])
    columns = ColumnsInBlocks.of(str(table), data.declared, None)
    assert columns.names == ["genre", "cast", "studio"]


def test_a_cell_that_cannot_be_read_is_named_with_its_row_in_the_table(data, table):
    crew = [[{"name": "Ann Li"}] if row == 170 else [] for row in range(203)]
    shutil.rmtree(table)
    table.mkdir()
    papq.write_table(pa.Table.from_pandas(films().assign(crew=crew)), table / "films.parquet")
    with pytest.raises(InputError, match=r"column 'crew' must .* the key 'who', they have name, row 171 has"):
        data(True, where="id != 'tt0001'")


@pytest.mark.parametrize("table_name", ["films.csv", "wikidata-films"])
def test_other_tables_and_small_ones_are_read_whole(table, film_data, table_name):
    assert ColumnsInBlocks.of(table_name, film_data(features=FEATURES).declared, None) is None
    assert ColumnsInBlocks.of(str(table), film_data(features=FEATURES).declared, None) is None


def test_a_table_of_which_no_column_would_be_read_in_blocks_is_not_looked_into(film_data, monkeypatch):
    monkeypatch.setattr(columns_in_blocks, "find_in_blocks", None)
    declared = film_data(features=[Number("runtime"), Labels("names", from_columns=["cast", "genre"])]).declared
    assert ColumnsInBlocks.of("films.csv", declared, None) is None


@pytest.fixture
def store(monkeypatch):
    """Return the address of an S3 server on this machine."""
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("moto_server is not installed: pip install 'moto[server]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], **silent)
    try:
        for _ in range(200):
            with socket.socket() as socket_:
                if socket_.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_films_of_an_s3_store_are_those_of_the_files_here(data, table, store):
    options = dict(part.split("=") for part in store.split("&"))
    # Of files in one piece; the server doesn't always put pieces together.
    system = pafs.S3FileSystem(**options, allow_bucket_creation=True, allow_delayed_open=True)
    system.create_dir("films/tables")
    for file in table.iterdir():
        with system.open_output_stream(f"films/tables/{file.name}") as stream:
            stream.write(file.read_bytes())
    whole = data(False)
    for path in ("films/tables", "films/tables/*.parquet"):
        assert_same(data(True, table=f"s3://{path}?{store}").films, whole.films, "notices")
