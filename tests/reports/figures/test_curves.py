from greenlight_films.reports.figures.curves import guide


def test_a_guide_crosses_the_whole_figure_upright_or_level():
    upright, level = guide(x=3), guide(y=0.8)
    assert [upright[end] for end in ("x0", "x1", "y0", "y1", "yref")] == [3, 3, 0, 1, "paper"]
    assert [level[end] for end in ("x0", "x1", "y0", "y1", "xref")] == [0, 1, 0.8, 0.8, "paper"]
