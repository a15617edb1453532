import json

from greenlight_films.reports.figures import style


def test_themes_differ_in_ink_alone_and_take_no_ground():
    light, dark = (json.loads(style.template_json(theme))["layout"] for theme in ("light", "dark"))
    assert light["font"]["color"] != dark["font"]["color"]
    assert light["paper_bgcolor"] == dark["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert light["colorway"] == dark["colorway"] == list(style.OKABE_ITO)
    assert light["xaxis"]["automargin"]


def test_json_for_a_script_ends_no_script_and_has_null_for_numbers_that_are_not_finite():
    content = style.script_json({"a": "</script>\u2028\u202e", "b": [float("nan"), -float("inf"), 1.5]})
    assert "<" not in content
    assert json.loads(content) == {"a": "</script>\u2028", "b": [None, None, 1.5]}
