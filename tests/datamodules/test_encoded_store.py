import io
import json
import os
import shutil
from dataclasses import replace
from threading import Thread

import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.datamodules import encoded_store, film_data_module
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Number, Profile, RidgeByColumn, Size, TrackRecord
from greenlight_films.datamodules.film_data_module import FilmDataModule
from tests.conftest import awkward_films
from tests.datamodules.same import assert_same

READ = "greenlight_films.datamodules.film_data_module.open_table"


@pytest.fixture
def table(tmp_path):
    awkward_films().to_csv(tmp_path / "films.csv", index=False)
    return tmp_path / "films.csv"


@pytest.fixture
def recipe(film_features):
    """Return features of all kinds, with inputs of labels that are drawn by folds."""
    near, profile = TrackRecord("cast", min_labels=2, near=["year"]), Profile("cast", of=["year"], min_rows=2)
    return [*film_features, near, RidgeByColumn("cast"), profile, Size("cast"), TrackRecord("genre", min_labels=2)]


@pytest.fixture
def data(film_data, table, tmp_path):
    """Return a maker of datamodules of the table, whose films are kept in `encoded`."""

    def make(**given) -> FilmDataModule:
        return film_data(**{"table": str(table), "frame": None, "encoded": str(tmp_path / "encoded"), **given})

    return make


@pytest.fixture
def ready(data):
    """Return a maker of such datamodules that are set up."""

    def make(**given) -> FilmDataModule:
        films = data(**given)
        films.setup("fit")
        return films

    return make


@pytest.fixture
def unread(monkeypatch):
    """Return what makes reading a table an error."""
    return lambda: monkeypatch.setattr(READ, lambda *_: pytest.fail("the table was read"))


def mapped(array: np.ndarray) -> bool:
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    return array is not None


def test_kept_films_are_those_encoded_anew_bit_for_bit_and_mapped(ready, recipe, unread):
    anew, first = ready(encoded=None, features=recipe), ready(features=recipe)
    unread()
    later = ready(features=recipe)
    assert anew.films.crossed.labels.near
    assert anew.films.encoded.inputs.any()
    for each in (first, later):
        assert_same(each.films, anew.films, "digests")
        assert each.fitted.to_state() | {"split": 0} == anew.fitted.to_state() | {"split": 0}
        assert_same(each.fitted.sides, anew.fitted.sides)
        assert each.columns == anew.columns
        assert each.declared.formats == anew.declared.formats
        encoded, crossed = each.films.encoded, each.films.crossed
        big = (encoded.dense, encoded.labels.indices, encoded.labels.data, encoded.inputs, crossed.drawn)
        assert all(map(mapped, big))
    assert not mapped(anew.films.encoded.dense)


def test_batches_of_kept_films_are_the_same(ready, recipe):
    anew, kept = ready(encoded=None, features=recipe), ready(features=recipe)
    pairs = list(zip(anew.train_dataloader(), kept.train_dataloader(), strict=True))
    assert len(pairs) > 2
    assert all(torch.equal(ours, theirs) for pair in pairs for ours, theirs in zip(*pair, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["test", "predict"])
@pytest.mark.parametrize("is_refit", [False, True])
def test_a_finished_run_maps_its_films_as_it_fitted_them(data, ready, recipe, unread, stage, is_refit):
    run, later = ready(features=recipe), data(features=recipe)
    if is_refit:
        run.refit()
        again = ready(encoded=None, features=recipe)
        again.refit()
        assert_same(run.films, again.films, "digests")
    stream = io.BytesIO()
    torch.save(run.state_dict(), stream)
    stream.seek(0)
    later.load_state_dict(torch.load(stream, weights_only=True))
    unread()
    later.setup(stage)
    assert later.films.refitted == is_refit
    assert_same(later.films, run.films, "digests")


def test_another_process_maps_the_refit_of_the_first(ready, recipe, unread):
    run = ready(features=recipe)
    run.refit()
    unread()
    other = ready(features=recipe)
    other.refit()
    assert_same(other.films, run.films, "digests")
    assert other.fitted.refitted


def test_a_table_that_was_touched_is_read_and_known_by_its_values(ready, table, tmp_path, unread):
    ready()
    os.utime(table, (1, 1))
    entry = next((tmp_path / "encoded").glob("*/index.json"))
    made = entry.parent.stat().st_ino
    again = ready()
    assert mapped(again.films.encoded.dense)
    assert entry.parent.stat().st_ino == made
    unread()
    ready()


@pytest.mark.parametrize("changed", ["weights", "rows"])
def test_tables_of_the_same_values_may_differ_in_rows_and_weights(ready, table, changed):
    frame = awkward_films().assign(votes=np.arange(203) % 7 + 1)
    frame.to_csv(table, index=False)
    given = {"weight": "votes", "where": "year >= 1970"}
    first = ready(**given)
    if changed == "weights":
        frame["votes"] += 1
    else:
        frame = pd.concat([frame[frame["year"] < 1970].iloc[:1], frame])
    frame.to_csv(table, index=False)
    other, anew = ready(**given), ready(**given, encoded=None)
    assert other.fitted.fingerprint == first.fitted.fingerprint
    assert_same(other.films, anew.films, "digests")
    assert mapped(other.films.encoded.dense)


def test_another_table_of_the_same_name_is_encoded(data, ready, table):
    first = ready()
    frame = awkward_films()
    frame.loc[50, "year"] += 1
    frame.to_csv(table, index=False)
    other = ready()
    assert other.fitted.fingerprint != first.fitted.fingerprint
    late = data()
    late.load_state_dict(first.state_dict())
    with pytest.raises(InputError, match="not the one that this run was trained with"):
        late.setup("test")


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["features", "split", "target", "seed", "where", "title", "table"])
def test_what_films_depend_on_is_a_part_of_the_key(ready, film_features, tmp_path, table, changed):
    before = ready()
    shutil.copy(table, tmp_path / "copy.csv")
    given = {
        "features": {"features": film_features[:-1]},
        "split": {"split": replace(before.declared.split, seed=9)},
        "target": {"target": replace(before.declared.target, transform="log1p")},
        "seed": {"seed": 1},
        "where": {"where": "year >= 1970"},
        "title": {"title": "company"},
        "table": {"table": str(tmp_path / "copy.csv")},
    }
    other, anew = ready(**given[changed]), ready(**given[changed], encoded=None)
    assert_same(other.films, anew.films, "digests")
    assert len(list((tmp_path / "encoded").iterdir())) >= 2


def test_batch_size_and_workers_are_none(ready, unread):
    ready()
    unread()
    ready(batch_size=7, num_workers=1)


def test_small_tables_are_kept_only_where_asked_for(data, tmp_path, monkeypatch):
    for most, kept in ((300, False), (198, True)):
        monkeypatch.setattr(encoded_store, "LARGE_TABLE", most)
        films = data(encoded=None)
        films.cache = tmp_path / "cache"
        films.setup("fit")
        assert mapped(films.films.encoded.dense) == kept
        assert films.cache.exists() == kept


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["truncated", "missing", "index"])
def test_a_broken_entry_is_encoded_anew(ready, tmp_path, harm):
    ready()
    entry = next(path for path in (tmp_path / "encoded").iterdir() if path.is_dir())
    if harm == "truncated":
        os.truncate(entry / "dense.npy", 200)
    elif harm == "missing":
        (entry / "indices.npy").unlink()
    else:
        (entry / "index.json").write_text(json.dumps({"format": encoded_store.FORMAT + 1}))
    again, anew = ready(), ready(encoded=None)
    assert_same(again.films, anew.films, "digests")


def test_one_of_several_processes_encodes_and_the_others_wait(data, monkeypatch):
    reads, datas = [], [data() for _ in range(3)]
    whole = film_data_module.open_table
    monkeypatch.setattr(READ, lambda *given: reads.append(1) or whole(*given))
    threads = [Thread(target=each.setup, args=("fit",)) for each in datas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1
    assert_same(datas[1].films, datas[0].films, "digests")


@pytest.mark.parametrize("others", [[], ["an entry"]])
def test_an_entry_is_whole_or_not_there(ready, tmp_path, monkeypatch, others):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    folder = tmp_path / "new" / "encoded"
    for other in others:
        (folder / other).mkdir(parents=True)
    with pytest.raises(InputError, match="can't be written: No space left on device; make room there"):
        ready(encoded=str(folder))
    assert [path.name for path in tmp_path.glob("new/encoded/*")] == others
    assert (tmp_path / "new").exists() == bool(others)


def test_features_of_others_are_encoded_by_each(ready, tmp_path):
    class Own(Number):
        pass

    own = ready(features=[Own("year")])
    assert not mapped(own.films.encoded.dense)
    assert not (tmp_path / "encoded").exists()
