"""The folder of a run: its number, its lock, and what it holds."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.run_folder import RunFolder


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(str(tmp_path / "runs"), "ratings")


def files_of(run: RunFolder) -> list[str]:
    return sorted(path.name for path in run.path.rglob("*"))


def test_runs_of_each_study_are_numbered_from_0_or_after_the_last(tmp_path):
    for name in ("version_3", "version_10", "version_x", "version_", "notes"):
        (tmp_path / "tens" / name).mkdir(parents=True)
    made = [RunFolder.create(str(tmp_path), study) for study in ("ratings", "ratings", "profits", "tens")]
    assert [run.version for run in made] == ["version_0", "version_1", "version_0", "version_11"]
    assert [run.study for run in made] == ["ratings", "ratings", "profits", "tens"]
    assert all(run.path.is_dir() and not files_of(run) for run in made)


def test_threads_that_start_at_once_get_folders_of_their_own(tmp_path):
    barrier = Barrier(16)

    def claim(_):
        barrier.wait()
        return RunFolder.create(str(tmp_path), "ratings").path

    with ThreadPoolExecutor(16) as pool:
        claimed = list(pool.map(claim, range(16)))
    assert len(set(claimed)) == 16
    assert all(path.is_dir() for path in claimed)


@pytest.mark.parametrize("study", ["", "a/b", "..", ".hidden", "a\\b", "what?", "a:b"])
def test_a_name_that_is_no_folders_name_is_refused(tmp_path, study):
    with pytest.raises(InputError) as problem:
        RunFolder.create(str(tmp_path / "runs"), study)
    assert str(problem.value) == f"--name must be fit for a folder's name, got {study!r}"
    assert not (tmp_path / "runs").exists()


def test_a_file_in_place_of_the_runs_is_refused(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(InputError, match=r"--runs must be a folder, .*runs is a file"):
        RunFolder.create(str(tmp_path / "runs"), "ratings")


def test_a_lock_goes_with_its_process_and_not_with_the_workers_it_leaves(run):
    (waits, ends), (is_ready, ready) = os.pipe(), os.pipe()
    with run.locked():
        worker = os.fork()
        if not worker:
            os.close(ends)
            os.write(ready, b"1")
            os.read(waits, 1)
            os._exit(0)
        os.read(is_ready, 1)
        with pytest.raises(InputError, match=r"version_0 is in use: another process trains in it; wait until that"):
            run.locked().__enter__()
    with run.locked():
        pass
    for descriptor in (ends, waits, is_ready, ready):
        os.close(descriptor)
    assert os.waitpid(worker, 0) == (worker, 0)


def test_a_folder_is_opened_by_its_config_and_refused_without_with_those_beside_it(run):
    run.write_text("config.yaml", "")
    assert RunFolder.open(str(run.path)) == run
    with pytest.raises(InputError) as problem:
        RunFolder.open(str(run.path.parent / "version_9"), option="--resume")
    message = str(problem.value)
    assert message.startswith("--resume must be the folder of a run, such as runs/ratings/version_0; ")
    assert message.endswith("version_9 has no config.yaml, did you mean 'version_0'? There are: version_0.")


@pytest.mark.parametrize("name", ["best", "last"])
def test_a_run_without_a_checkpoint_says_how_to_train_it(run, name):
    train = r"`python cli\.py fit --config .*version_0.config\.yaml`"
    with pytest.raises(InputError, match=f"version_0 has no network: none was trained in it; train one by {train}$"):
        run.checkpoint(name)
    other = {"best": "last", "last": "best"}[name]
    run.write_text(f"checkpoints/{other}.ckpt", "")
    with pytest.raises(InputError, match=rf"{name}\.ckpt does not exist: no epoch was finished.*{train}$"):
        run.checkpoint(name)


def test_a_run_is_unbegun_until_it_has_a_last_checkpoint_or_a_score(run):
    assert run.is_unbegun
    run.write_text("checkpoints/best.ckpt", "")
    assert (run.is_unbegun, run.has("best"), run.has("last"), run.has_checkpoint) == (True, True, False, True)
    run.write_text("checkpoints/last.ckpt", "")
    assert not run.is_unbegun
