import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.datamodules.look.look import look
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.tables.formats import Format, Formats, declared_formats
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.targets import Target
from tests.messy import messy_films, write


def typed(frame):
    """Return messy films as a program would hold them: numbers, dates and lists."""
    euros = frame["budget"].str.replace(r"\D", "", regex=True)
    return frame.assign(
        released=pd.to_datetime(frame["released"], format="%d/%m/%Y"),
        budget=pd.to_numeric(euros.replace("", None)),
        runtime=frame["runtime"].str.removesuffix(" min").astype(int),
        genres=[[genre["name"] for genre in json.loads(text)] for text in frame["genres"]],
        cast=frame["cast"].str.split(", "),
        rating=frame["rating"].astype(float),
        rating_of_20=frame["rating_of_20"].astype(float),
    )


def with_decimal_commas(frame):
    return frame.assign(**{name: frame[name].str.replace(".", ",") for name in ("rating", "rating_of_20")})


def data_of(table, **changed):
    """Return the films of a table as a look at it declares them."""
    seen = look(table, "rating")
    source = {"frame": table} if isinstance(table, pd.DataFrame) else {"table": str(table)}
    data = FilmDataModule(
        **source,
        features=seen.to_features(),
        target=Target("rating"),
        film="film_id",
        title="title",
        split=RandomSplit(seed=3),
        missing=seen.missing(),
    )
    data.setup("fit")
    return data


FILES = {
    "utf8.csv": (messy_films, {}),
    "with_mark.csv": (messy_films, {"encoding": "utf-8-sig"}),
    "cp1252.csv": (messy_films, {"encoding": "cp1252"}),
    "utf16.csv": (messy_films, {"encoding": "utf-16", "sep": "\t"}),
    "semicolons.csv": (lambda: with_decimal_commas(messy_films()), {"sep": ";"}),
    "texts.xlsx": (messy_films, {}),
    "typed.xlsx": (lambda: typed(messy_films()).assign(**messy_films()[["released", "genres", "cast"]]), {}),
    "texts.jsonl": (messy_films, {}),
    "typed.jsonl": (lambda: typed(messy_films()).astype({"released": "str"}), {}),
    "texts.parquet": (messy_films, {}),
    "typed.parquet": (lambda: typed(messy_films()), {}),
    "films.sqlite": (messy_films, {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def of_frame():
    return data_of(messy_films())


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_the_same_films_in_any_file_are_encoded_alike_with_the_same_fingerprint(file, tmp_path, of_frame):
    films, how = FILES[file]
    data = data_of(write(films(), tmp_path / file, **how))
    assert data.fitted.fingerprint == of_frame.fitted.fingerprint
    ours, theirs = data.films.encoded, of_frame.films.encoded
    assert np.array_equal(ours.dense, theirs.dense)
    assert (ours.labels != theirs.labels).nnz == 0
    assert ours.labels.nnz > 300


@pytest.mark.parametrize("frame", [typed, lambda frame: typed(frame).convert_dtypes(dtype_backend="pyarrow")])
def test_a_typed_frame_holds_the_same_films_as_one_of_texts(frame, of_frame):
    assert data_of(frame(messy_films())).fitted.fingerprint == of_frame.fitted.fingerprint


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("budget", "1 €"),
        ("released", "31/12/1999"),
        ("cast", "Ann Ode, Nobody Else"),
        ("rating", "9.9"),
        ("title", "Another"),
    ],
)
def test_a_changed_cell_changes_the_fingerprint(column, cell, of_frame):
    frame = messy_films()
    assert frame.loc[50, column] != cell
    frame.loc[50, column] = cell
    assert data_of(frame).fitted.fingerprint != of_frame.fitted.fingerprint


def test_a_column_that_turns_out_to_name_the_film_is_the_title_of_the_config():
    frame = messy_films().drop(columns="film_id").rename(columns={"title": "Werk"})
    assert yaml.safe_load(look(frame, "rating").to_yaml())["data"]["title"] == "Werk"


def test_the_likeliest_target_is_taken_where_none_is_named():
    seen = look(messy_films())
    assert seen.target.arguments["column"] == "rating"
    assert seen.targets == ["rating", "rating_of_20"]


def test_faults_of_columns_that_are_left_out_count_no_more():
    frame = messy_films()
    frame.loc[4, "budget"] = "$ 5"
    seen = look(frame, "rating")
    assert len(seen.faults) == 1
    with pytest.raises(InputError, match=r"'budget' must be in one currency.*row 5 has '\$ 5'"):
        seen.to_yaml()
    assert "budget" not in look(frame, "rating", leave_out=["budget"]).to_yaml().split("# Left out")[0]


def test_columns_with_faults_are_named_once_for_the_option_that_leaves_them_out():
    frame = messy_films().rename(columns={"budget": "the budget"})
    frame["cost"] = frame["the budget"]
    frame.loc[4, ["the budget", "cost"]] = "$ 5"
    with pytest.raises(InputError, match=r"\nor leave them out by --leave_out 'the budget' cost$"):
        look(frame, "rating").to_yaml()
    with pytest.raises(InputError, match="'cost' must be in one currency") as refused:
        look(frame, "cost").to_yaml()
    assert "--leave_out" not in str(refused.value)


def test_names_of_columns_may_have_other_blanks_than_the_header():
    frame = messy_films().rename(columns={"rating": "the\u00a0rating", "budget": "the\u00a0budget"})
    formats = declared_formats(decimal={"the budget": "."})
    seen = look(frame, "the rating", leave_out=["the budget"], formats=formats)
    assert seen.target.arguments["column"] == "the\u00a0rating"
    assert seen.left_out["the\u00a0budget"] == "as asked"


def test_a_part_of_a_role_is_left_out_with_the_whole_role():
    frame = messy_films().drop(columns="cast")
    random = np.random.default_rng(5)
    names = np.array([f"Person {number}" for number in range(20)])
    frame = frame.assign(**{f"star_{number}": random.choice(names, 120) for number in (1, 2, 3)})
    (role,) = [column.name for column in look(frame, "rating").columns if column.sources]
    with pytest.raises(InputError, match=f"--leave_out: 'star_1' is a part of '{role}'; leave that out"):
        look(frame, "rating", leave_out=["star_1"])
    assert look(frame, "rating", leave_out=[role]).left_out[role] == "as asked"


def test_what_is_declared_of_cells_and_file_is_kept(tmp_path):
    table = write(messy_films(), tmp_path / "films.csv", sep=";", encoding="utf-16")
    formats = Formats({"budget": Format(missing=("k.A.", "20.000.000 €"))})
    seen = look(table, "rating", layout=Layout(delimiter=";", encoding="utf-16"), formats=formats)
    data = yaml.safe_load(seen.to_yaml())["data"]
    assert data["missing"]["budget"] == ["k.A.", "20.000.000 €"]
    assert (data["delimiter"], data["encoding"]) == (";", "utf-16")
    with pytest.raises(InputError, match=re.escape("data.missing: no column 'budgt', did you mean 'budget'?")):
        look(table, "rating", formats=Formats({"budgt": Format(missing=("-",))}))


def test_a_frame_has_a_line_a_column():
    frame = look(messy_films(), "rating").to_frame().set_index("column")
    assert list(frame.index) == list(messy_films().columns)
    assert frame.loc["budget", ["kind", "unit", "becomes"]].tolist() == ["money", "EUR", "Number"]
    assert frame.loc["budget", "missing"] == pytest.approx(2 / 120)
    assert frame.loc["rating", "becomes"] == "target"


def test_the_number_of_reviews_is_known_after_release_and_neither_a_feature_nor_a_target():
    reviews = pd.DataFrame({"film": [f"F{n // 3}" for n in range(60)], "stars": range(60), "critic": list("abc") * 20})
    seen = look(reviews.assign(critic=[f"c{n}" for n in range(60)], genre=[f"g{n // 3 % 4}" for n in range(60)]))
    assert seen.left_out["n_reviews"].startswith("known only after release")
    assert seen.targets == ["stars"]
    counts = [re.findall(r"20 films in (\S+) rows|(\S+) rows become 20 films", notice) for notice in seen.notices]
    assert [set(found[0]) - {""} for found in counts if found] == [{"60"}, {"60"}]
