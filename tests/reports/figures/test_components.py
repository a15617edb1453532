from greenlight_films.reports.figures import components
from tests.reports.figures.samples import VARIANCE, films


def test_80_percent_of_the_variance_is_marked_where_it_is_crossed():
    assert components.cumulative(VARIANCE).data[1].x == (2,)
    less = components.cumulative(VARIANCE.assign(cumulative=[0.1, 0.2, 0.3]))
    assert len(less.data) == 1
    assert "less than 80%" in less.layout.meta["alt"]


def test_many_films_are_a_stated_sample():
    drawn = components.projection(films(6000), "Rating", "points", VARIANCE["ratio"])
    assert len(drawn.data[0].x) == 5000
    assert drawn.layout.annotations[0].text == "a sample of 5,000 of 6,000 films"
    assert drawn.data[0].x == components.projection(films(6000), "Rating", "points").data[0].x
    assert drawn.layout.yaxis.title.text == "PC2 (35.0% of the variance)"
