import plotly.graph_objects as go

from greenlight_films.reports.pictures import CAPTIONS, picture


def test_names_in_headings_and_captions_are_filled_in_and_data_are_no_templates():
    role = picture("Most important of role {role}", go.Figure(), role="{actor}", side="test")
    assert role.heading == "Most important of role {actor}"
    assert role.caption.startswith("Of those that a test film has")
    assert role.beside.startswith("Beside each is the direction")
    assert picture("Roles", go.Figure()).beside == ""
    assert all(isinstance(caption, str) or set(caption) == {"caption", "beside"} for caption in CAPTIONS.values())
