"""All cases of `tests/data/cases/expected.json`: the value, the refusal or the notice that a person expects."""

import shlex
import shutil

import numpy as np
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features.vocabulary import n_films
from greenlight_films.datamodules.look.look import look
from greenlight_films.datamodules.tables.formats import declared_formats
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.studies.load import load
from greenlight_films.studies.metrics import data_warnings, describe_data
from greenlight_films.studies.settings.film_cli import read_settings
from tests.cases import CASES, cases, check_message, check_values, columns_of, config_of, name_of, table_of

MONEY_BY_NAME = {f"numbers/{name}.csv" for name in ("missing_marks", "scientific", "points_decided")}
MONEY_BY_NAME |= {"layout/no_header.csv"}
"""Without a currency a budget is money by its name, in these cases as in all others; without a name it is a number."""

DECLARING = {"config", "features", "target", "where"}
LOOKED_AT = [case for case in cases() if columns_of(case) or not DECLARING & set(case.get("given", {}))]
LOOKED_AT = [
    case for case in LOOKED_AT if "same_films_as" not in case["expect"] and "model" not in case.get("given", {})
]
DECLARED = [case for case in cases("missing", "labels", "rows", "dates", "leaks", "faults")
            if {"features", "where"} & set(case.get("given", {})) and "model" not in case["given"]]  # fmt: skip
COMMANDS = [case for case in cases() if "config" in case.get("given", {})]
FRAMES = [case for case in cases("frames") if "same_films_as" in case["expect"]]


def seen(case):
    given = case.get("given", {})
    layout = Layout(encoding=given.get("encoding"), query=given.get("query"))
    return look(table_of(case), layout=layout, formats=declared_formats(given.get("missing")))


def column_of(table, name):
    return table.columns[int(name[1:]) - 1] if name.startswith("#") else table.column(name)


@pytest.mark.parametrize("case", LOOKED_AT, ids=name_of)
def test_a_table_is_read_as_a_person_would(case):
    expect = case["expect"]
    try:
        table = seen(case)
        text = "\n".join([*table.faults, *table.notices, *(f"{n}: {why}" for n, why in table.left_out.items())])
    except InputError as refusal:
        if case["outcome"] != "refusal":
            raise
        check_message(str(refusal), expect["message"])
        return
    if case["outcome"] == "refusal":
        assert table.faults
        check_message("\n".join(table.faults), expect["message"])
        return
    assert not table.faults
    for name, wanted in columns_of(case).items():
        column = column_of(table, name)
        check_values(column.to_list(), wanted["values"])
        kinds = {column.kind, "money", "number"} if case["file"] in MONEY_BY_NAME else {column.kind}
        assert wanted.get("kind", column.kind) in kinds
        assert column.unit == wanted.get("unit", column.unit)
    for message in (expect.get("told"), expect.get("message")):
        check_message(text, message or {})
    check_found(table, case)
    check_rows(table, expect)


def check_found(table, case):
    expect, columns = case["expect"], [column_of(table, name) for name in columns_of(case)]
    for key, wanted in expect.get("found", {}).items():
        if key in vars(table.layout):
            value = getattr(table.layout, key)
            assert value in wanted if isinstance(wanted, list) else value == wanted, (key, value)
        elif key != "thousands" and not isinstance(wanted, dict):
            written = [part for column in columns for part in (column.format, column.notation) if hasattr(part, key)]
            assert wanted in [getattr(part, key) for part in written], key
    for name, tokens in expect.get("missing", {}).items():
        column = column_of(table, name)
        assert {*column.missing, *column.sentinels, *(column.format.missing or ())} - {""} == {*tokens} - {""}
    for name, wanted in expect.get("roles", {}).items():
        column = next(column for column in table.columns if name in (column.name, column.role))
        assert list(column.sources) == wanted["from"]
        check_values(column.to_list(), wanted["values"])
    assert table.units == expect.get("units", table.units)


def check_rows(table, expect):
    rows = table.rows
    assert rows.n_rows == expect.get("n_rows", rows.n_rows)
    assert rows.n_films == expect.get("n_films", rows.n_films)
    assert list(rows.film) == expect.get("film", list(rows.film))
    for name in expect.get("left_out", []):
        assert column_of(table, name).name in table.left_out
    if "shape" in expect:
        assert {rows.shape.name: rows.shape.arguments} == expect["shape"]
    for name, wanted in expect.get("films", {}).items():
        values = table.column(name).to_list()
        check_values([round(v, 6) if isinstance(v, float) else v for v in values], wanted)
    if "kept_rows" in expect and rows.where:
        assert rows.kept == expect["kept_rows"]


@pytest.mark.parametrize("case", DECLARED, ids=name_of)
def test_what_a_config_declares_of_a_table_is_read_or_refused(case):
    expect = case["expect"]
    try:
        data = load(read_settings(config_of(case)))
        text = "\n".join([*data.notices, *data_warnings(describe_data("case", data))])
    except InputError as refusal:
        if case["outcome"] != "refusal":
            raise
        text = str(refusal)
    else:
        assert case["outcome"] != "refusal"
    check_message(text, {**expect.get("message", {}), "never": expect.get("not_named", [])})
    if expect.get("leaks") == []:
        assert "leak" not in text
    if "rows_without_target" in expect:
        assert data.films.left_out == len(expect["rows_without_target"])
        assert not set(data.films.number) & set(expect["rows_without_target"])
    if "kept_rows" in expect:
        assert data.films.number.tolist() == expect["kept_rows"]
    for label, count in expect.get("films_by_label", {}).items():
        (lists,) = [data.declared.features[0].read(data.read())]
        films = n_films(lists, np.arange(lists.n_rows), data.films.film_codes())
        assert films[lists.names.to_pylist().index(label)] == count


@pytest.mark.parametrize("case", COMMANDS, ids=name_of)
def test_a_command_reads_or_refuses_a_config(case, command, tmp_path, monkeypatch):
    expect = case["expect"]
    shutil.copytree(CASES, tmp_path / "cases")
    config = tmp_path / "cases" / case["given"]["config"]
    monkeypatch.chdir(config.parent)
    run, steps = "runs/faults/version_0", case["given"].get("steps", ["study"])
    for step in steps:
        words = shlex.split(step.replace("RUN", run)) if "{" not in step else step.replace("RUN", run).split(" ", 3)
        resumed = any(word.startswith("--resume") for word in words)
        done = command(words[0], *([] if resumed else ["--config", config.name]), *words[1:])
    if case["outcome"] == "refusal":
        assert done.code == 2
        assert "Traceback" not in done.err
        check_message(done.err, expect["message"])
    else:
        assert done.code == 0, done.err
    for key, value in expect.get("config", {}).items():
        assert f"{key.rpartition('.')[2]}: {value}" in (config.parent / run / "config.yaml").read_text()


@pytest.fixture(scope="module")
def clean():
    """Return the case of the frame as it should be, with its films' labels."""
    case = next(each for each in cases("frames") if each["file"].endswith("::clean"))
    return case, fingerprint(case)


@pytest.mark.parametrize("case", FRAMES, ids=name_of)
def test_an_awkward_frame_holds_the_same_films(case, clean):
    of_clean, labels = clean
    assert fingerprint({**of_clean, **case, "given": case.get("given", of_clean["given"])}) == labels


def fingerprint(case):
    settings = read_settings(config_of(case))
    settings.data.frame = table_of(case)
    return load(settings).films.encoded.labels.toarray().tobytes()
