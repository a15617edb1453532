"""Several runs of a study: each is the run that `study` makes, what fails is named, what is finished is kept."""

import pytest
from rich.console import Console

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds import seeds as several
from greenlight_films.studies.seeds.plan import Request
from greenlight_films.studies.seeds.results import Spread
from greenlight_films.studies.seeds.seeds import refuse_failed, study_by
from greenlight_films.studies.settings.film_cli import read_settings
from tests.conftest import UNLOGGED, run_here
from tests.runs import metrics_of, predictions_of

SEEDED = ("--seed_everything", "--data.split.seed", "--data.seed", "--model.seed", "--permutation_importance.seed")


class Failing:
    """Runs studies in this process, in place of `run_studies`, but that some fail.

    Args:
        problems: what goes wrong, by the number of the run; KeyboardInterrupt is raised.
    """

    def __init__(self, problems: dict[int, str | type[KeyboardInterrupt]]) -> None:
        self.problems, self.names = problems, []

    def __call__(self, folders, frame, workers, console, on_end):
        for number, (name, run) in enumerate(folders.items()):
            self.names.append(name)
            if (problem := self.problems.get(number)) is KeyboardInterrupt:
                raise KeyboardInterrupt
            run_here({name: run}, frame, workers, console, lambda *_: None)
            on_end(name, problem or "")


@pytest.fixture
def by_seeds(study_config, tmp_path, console, monkeypatch):
    """Return what studies two epochs by seeds, and a way that some fail in."""

    def run(problems, folder=None, number=3) -> tuple[Spread, Failing]:
        monkeypatch.setattr(several, "run_studies", failing := Failing(problems))
        if folder:
            return study_by(read_settings(["--config", str(folder.config)]), Request(), folder, console), failing
        quick = ["--trainer.max_epochs", "1", "--compare.models", "[]", *UNLOGGED]
        settings = read_settings(["--config", str(study_config), "--runs", str(tmp_path / "runs"), *quick])
        return study_by(settings, Request("seeds", number), None, console), failing

    return run


@pytest.mark.slow
def test_a_seeds_run_is_bit_for_bit_the_study_with_these_seeds(seeds, command, study_config, tmp_path):
    words = [word for option in SEEDED for word in (option, 4)]
    assert command("study", "--config", study_config, "--runs", tmp_path, *words, *UNLOGGED).code == 0
    single, run = tmp_path / "small/version_0", seeds.path / "seeds/4"
    assert metrics_of(run)["models"] == metrics_of(single)["models"]
    assert predictions_of(run)["predicted"].tolist() == predictions_of(single)["predicted"].tolist()
    assert (run / "Permu_importance_df.csv").read_bytes() == (single / "Permu_importance_df.csv").read_bytes()


def test_each_seed_tests_other_films(seeds):
    tested = [tuple(predictions_of(seeds.path / f"seeds/{seed}").query("split == 'test'")["row"]) for seed in (3, 4, 5)]
    assert len(set(tested)) == 3


@pytest.mark.slow
def test_a_failing_seed_is_named_with_its_problem_and_a_second_call_makes_it_alone(by_seeds, console):
    spread, _ = by_seeds({1: "no room left"})
    assert (list(spread.runs), spread.record["failed"]) == ([3, 5], {"seed 4": "no room left"})
    assert "seed 4 failed: no room left" in console.file.getvalue()
    with pytest.raises(InputError, match=r"^seed 4: no room left\nthe others are kept; .*study --resume .*version_0"):
        refuse_failed(spread)
    again, runs = by_seeds({}, spread.run)
    assert runs.names == ["seed 4"]
    assert (list(again.runs), again.record["failed"]) == ([3, 4, 5], {})
    assert sorted(again.scores["seed"].unique()) == [3, 4, 5]
    refuse_failed(again)


@pytest.mark.slow
def test_a_signal_keeps_what_is_finished_with_its_tables_and_says_how_to_go_on(by_seeds, tmp_path):
    with pytest.raises(KeyboardInterrupt, match=r"1 of 3 seeds are finished; go on with: .*study --resume .*version_0"):
        by_seeds({1: KeyboardInterrupt})
    folder = RunFolder(tmp_path / "runs/small/version_0")
    assert Spread(folder).scores["seed"].unique() == [3]
    spread, runs = by_seeds({}, folder)
    assert (runs.names, list(spread.runs)) == (["seed 4", "seed 5"], [3, 4, 5])


def test_a_problem_of_the_config_ends_all_and_leaves_no_folder(by_seeds, tmp_path, monkeypatch):
    def fails_at_once(folders, frame, workers, console, on_end):
        on_end(next(iter(folders)), "no column 'yeer'")

    monkeypatch.setattr("tests.studies.seeds.test_seeds.Failing.__call__", lambda _, *given: fails_at_once(*given))
    with pytest.raises(InputError, match="no column 'yeer'"):
        by_seeds({})
    assert not list((tmp_path / "runs").rglob("version_*"))


def test_seeds_of_a_finished_folder_are_not_made_again(seeds, monkeypatch):
    monkeypatch.setattr(several, "run_studies", runs := Failing({}))
    folder = RunFolder(seeds.path)
    study_by(read_settings(["--config", str(folder.config)]), Request("seeds", 3), folder, Console(quiet=True))
    assert runs.names == []
