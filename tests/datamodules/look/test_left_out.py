import numpy as np

from greenlight_films.datamodules.look.look import look
from tests.messy import messy_films


def test_what_tells_the_target_names_the_film_or_says_nothing_is_left_out_with_the_reason():
    seen = look(messy_films().assign(empty=None, same="x"), "rating")
    assert [name for leak in seen.leaks for name in leak.columns] == ["rating_of_20"]
    assert seen.left_out == {
        "film_id": "an id",
        "title": "names the film",
        "rating_of_20": "rating_of_20 is the target times 2",
        "empty": "empty",
        "same": "the same in all rows",
    }
    assert {feature.arguments["column"] for feature in seen.features}.isdisjoint(seen.left_out)
    assert seen.time == "released"
    assert not seen.faults


def test_a_column_that_only_counts_the_rows_is_left_out_unless_it_is_the_target_or_tells_it():
    frame = messy_films().assign(film_no=[str(row) for row in range(1, 121)])
    assert look(frame, "rating").left_out["film_no"] == "only counts the rows"
    assert "film_no" not in look(frame, "film_no").left_out
    ranked = frame.assign(rating=[f"{9 - row / 20:.2f}" for row in range(120)])
    assert "rating" not in look(ranked, "rating").left_out
    assert look(ranked, "rating").left_out["film_no"].startswith("film_no is the target times")


def test_what_is_known_only_after_release_stays_unless_it_is_asked_to_go():
    frame = messy_films().assign(admissions=np.random.default_rng(3).integers(1000, 90_000, 120).astype("str"))
    assert look(frame, "rating").after_release == ["admissions"]
    before = look(frame, "rating", before_release=True)
    assert before.left_out["admissions"] == "known only after release"
    assert before.after_release == []


def test_what_is_asked_to_go_goes_whatever_the_target_is_called():
    random = np.random.default_rng(3)
    frame = messy_films().assign(spread=random.normal(size=120), Verdict=random.choice(["hit", "flop"], 120))
    assert look(frame, "spread").after_release == []
    assert look(frame, "rating").after_release == ["Verdict"]
    before = look(frame, "spread", before_release=True)
    late = [name for name, reason in before.left_out.items() if reason == "known only after release"]
    assert late == ["rating", "rating_of_20", "Verdict"]


def test_a_category_that_is_cut_from_the_target_is_left_out_with_the_reason():
    frame = messy_films()
    seen = look(frame.assign(success=np.where(np.arange(120) < 60, "yes", "no"), order=np.arange(120) + 0.5), "order")
    assert seen.left_out["success"] == "success puts the films into 2 classes of the target that don't overlap"
