import json

import numpy as np
import pytest

from greenlight_films.benchmarks.ablation import PARTS, changed, main, without_squares
from greenlight_films.datamodules.features import Labels
from greenlight_films.studies.settings.film_cli import read_settings
from tests.datamodules.crossed.conftest import table  # noqa: F401 (a fixture)

CONFIG = """
preset: recipe
data:
  table: {table}
  target: {{class_path: Target, init_args: {{column: rating}}}}
  features:
    - {{class_path: Number, init_args: {{column: year}}}}
    - {{class_path: Labels, init_args: {{column: cast, role: actor, min_films: 5}}}}
    - {{class_path: Labels, init_args: {{column: genre, role: genre}}}}
    - {{class_path: Profile, init_args: {{column: cast, of: [year, genre], min_rows: 10}}}}
    - {{class_path: TrackRecord, init_args: {{column: cast, min_labels: 10}}}}
trainer: {{max_epochs: 1}}
"""


@pytest.fixture
def config(table, tmp_path):  # noqa: F811 (the fixture)
    table.to_csv(tmp_path / "films.csv", index=False)
    (tmp_path / "small.yaml").write_text(CONFIG.format(table=tmp_path / "films.csv"))
    return str(tmp_path / "small.yaml")


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_what_is_taken_out_is_out_and_all_else_is_there(config, part):
    whole, data = (changed(read_settings(["--config", config]).data, name) for name in ("nothing", part))
    inputs, names = data.films.crossed, set() if data.films.crossed is None else set(data.films.crossed.labels.names)
    gone = {
        "records": "films",
        "ridge by column": "linear effect",
        "profiles": "profile 1",
        "squares of records": "record above",
    }
    if part in gone:
        assert gone[part] not in names
        assert names < set(whole.films.crossed.labels.names)
    elif part == "all inputs of labels":
        assert inputs is None
        assert data.fitted.encoder.space.n_dense == whole.fitted.encoder.space.n_dense - 2
    elif part == "redrawn folds":
        assert len(inputs.drawn) == 1
        assert (inputs.drawn[0] == whole.films.crossed.drawn[0]).all()
    elif part.startswith("rows from"):
        assert {each.min_films for each in data.declared.features if isinstance(each, Labels)} == {int(part.split()[2])}
    elif part == "piecewise numbers":
        assert not any(data.fitted.encoder.space.encodings())
        assert any(whole.fitted.encoder.space.encodings())


def test_without_squares_the_other_inputs_stay_what_they_are(config):
    films = changed(read_settings(["--config", config]).data, "nothing").films
    less = without_squares(films.crossed)
    kept = [index for index, name in enumerate(films.crossed.labels.names) if name in less.labels.names]
    assert len(kept) == films.crossed.drawn.shape[2] - 2 * (films.crossed.labels.names.count("record above"))
    np.testing.assert_array_equal(less.of_rows(films.encoded), films.encoded.inputs[:, kept])


@pytest.mark.slow
def test_a_line_a_part_has_scores_over_seeds_and_differences_from_the_whole(config, capsys, monkeypatch):
    parts = ["nothing", "sizes", "four heads", "model.heads=1"]
    monkeypatch.setattr("sys.argv", ["ablation", "--study", config, "--seeds", "2", "--parts", *parts])
    main()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [line["without"] for line in lines] == parts
    for line in lines[1:]:
        for side in ("val", "test"):
            assert line[f"{side}_difference"] == pytest.approx(line[f"{side}_r2"] - lines[0][f"{side}_r2"], abs=2e-4)
            assert line[f"{side}_difference_se"] >= 0
    assert lines[2] | {"without": ""} == lines[3] | {"without": ""}, "an option is a part by its own name"
    assert lines[2]["val_r2"] != lines[0]["val_r2"]


def test_a_part_that_is_none_is_refused_with_those_there_are(config, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["ablation", "--study", config, "--parts", "record"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "--parts: record must be an option=value, or of: nothing, records" in capsys.readouterr().err
