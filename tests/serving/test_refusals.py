"""Fields at fault in words; test_app.py asks for them over HTTP."""

from greenlight_films.serving.refusals import LONGEST, MOST, faults_of


def test_a_field_is_named_once_and_no_more_than_some():
    missing = [{"loc": ("body", "films", index), "type": "missing", "msg": "Field required"} for index in range(30)]
    faults = faults_of([*missing[:1], {**missing[0], "type": "bool_type"}, *missing[1:]])
    assert len(faults) == MOST
    assert faults[0] == {"loc": ["films", 0], "msg": "films[0] must be given"}


def test_what_pydantic_puts_into_a_path_is_left_out():
    errors = [
        {"loc": ("body", "edits", 2, "replace", "by"), "type": "string_type", "msg": ""},
        {
            "loc": ("body", "films", 0, "x" * 999, "[key]"),
            "type": "string_too_long",
            "msg": "",
            "ctx": {"max_length": 9},
        },
        {"loc": ("body",), "type": "model_attributes_type", "msg": ""},
        {"loc": ("query", "n"), "type": "unheard_of", "msg": "is strange"},
    ]
    assert faults_of(errors) == [
        {"loc": ["edits", 2, "by"], "msg": "edits[2].by must be a text"},
        {"loc": ["films", 0, "x" * LONGEST], "msg": "a column's name in films[0] must be a text of 9 letters at most"},
        {"loc": ["body"], "msg": "body must be an object with fields"},
        {"loc": ["n"], "msg": "n is strange"},
    ]
