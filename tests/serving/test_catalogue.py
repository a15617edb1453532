"""A run's films, names, importances and scores, looked up."""

import pandas as pd

from greenlight_films.serving.catalogue import Catalogue
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.run_folder import RunFolder


def test_films_and_names_are_searched_by_the_beginnings_of_words(client, films_frame):
    films = client.get("/films?query=film%2012&n=100").json["films"]
    titles = {film["title"] for film in films}
    assert {"Film 12", "Film 120"} <= titles
    assert all(title.startswith("Film 12") for title in titles)
    assert films[0]["title"] == "Film 12", "the title that was typed comes before longer ones"
    film = client.get(f"/films/{films[0]['row']}").json
    assert film["cells"]["genre"] == films_frame["genre"][films[0]["row"] - 1].split(", ")
    labels = client.get("/labels?query=zoe&role=actor").json["labels"]
    assert {label["label"] for label in labels} == {"Zoë Ames", "Zoë Li", "Zoë Øre"}
    counts = [label["films"] for label in labels]
    assert counts == sorted(counts, reverse=True)
    assert client.get("/films/1").status == 422  # its target is missing
    assert client.get("/films/../../etc/passwd").status in (404, 422)


def test_importances_come_by_role_and_page(client, recipe):
    table = pd.read_csv(recipe / "Permu_importance_df.csv")
    page = client.get("/importance?role=actor").json
    assert page["total"] == (table["role"] == "actor").sum()
    assert [row["feature"] for row in page["rows"]] == table.query("role == 'actor'")["feature"].tolist()[:50]
    assert client.get("/importance?page=99").json["rows"] == []


def test_films_are_counted_and_not_their_rows(of_dates):
    catalogue, known = Catalogue(of_dates), of_dates.known
    shape, titles = catalogue.shape(), known.frame["title"]
    assert shape.films == titles.nunique() < len(titles)
    assert shape.learnt == titles[known.is_learnt].nunique() < known.is_learnt.sum()
    drama = known.frame[known.is_learnt & known.frame["genre"].str.contains("Drama").eq(True)]
    (label,) = catalogue.labels("drama", "genre", 1).labels
    assert label.films == drama["title"].nunique() < len(drama)


def test_goodness_has_scores_calibration_and_coverage(client, recipe):
    answer = client.get("/goodness").json
    assert {row["model"] for row in answer["leaderboard"]} == {"mlp", "ridge", "mean", "pca"} & {
        row["model"] for row in answer["leaderboard"]
    }
    assert sum(group["films"] for group in answer["calibration"]) == len(answer["points"]) == 45
    assert {row["level"] for row in answer["coverage"]} == {80, 95}


def test_a_column_has_one_shape_whatever_features_read_it(of_every_kind):
    run = ServedRun.open(RunFolder.open(str(of_every_kind)))
    catalogue = Catalogue(run)
    shapes = {shape.column: (shape.kind, shape.most) for shape in catalogue.shape().columns}
    assert shapes == {
        "runtime": ("number", None),
        "year": ("number", None),
        "company": ("category", 1),
        "title": ("text", None),
        "genre": ("labels", None),
        "lead": ("labels", 1),
        "overview": ("text", None),
    }
    year = next(shape for shape in catalogue.shape().columns if shape.column == "year")
    assert 1960 <= year.least < year.usual < year.greatest < 2020
    film = catalogue.film(12)
    assert film.cells["overview"].startswith("A story of ")
    assert film.cells["runtime"] == run.known.frame["runtime"].astype(float)[11]
    assert len(film.names["lead"]) == 1
