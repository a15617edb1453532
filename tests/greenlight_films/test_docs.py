"""docs/python.md: every python block runs, in order, and what the page says of the results is so."""

from typing import Any

import pytest

import greenlight_films as gl
from tests.docs.pages import ROOT, blocks_of, run_python

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the blocks of the page define, run in an empty folder."""
    blocks = [block for block in blocks_of(ROOT / "docs/python.md") if block.language == "python"]
    assert len(blocks) > 10
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("page"))
        for block in blocks:
            run_python(block, names)
    return names


def test_the_page_runs_and_its_model_is_as_good_as_it_says(names):
    assert names["model"].score(names["new"]) == pytest.approx(0.9, abs=0.04)
    coming = names["model"].predict(names["coming"])
    assert coming.argmax() == 0
    assert len(names["tested"]) == 160
    assert names["search"].best_params_ == {"learning_rate": 0.02}


def test_importances_are_the_planted_ones(names):
    table = names["importance"].to_frame().set_index("feature")
    assert set(table.index[:4]) == {"genre=Drama", "genre=Horror", "cast=Ann", "year"}
    groups = names["importance"].aggregated.query("level == 'group'").set_index("name")["features"]
    assert groups.to_dict() == {"people": 7, "when": 2}  # six names, and how many a film has
    assert names["result"].importances_mean.shape == (4,)
    assert names["result"].method.startswith("exact")


def test_the_study_leaves_a_run(names):
    assert isinstance(names["results"], gl.Results)
    assert str(names["results"].path) == "runs/made-up/version_0"
    assert set(names["results"].leaderboard["model"]) == {"ridge", "mlp", "mean"}
