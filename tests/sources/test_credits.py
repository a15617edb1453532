from greenlight_films.sources.credits import cast_names, directors, names, producers, writers

CREW = [
    {"job": "Producer", "department": "Production", "name": "Ann"},
    {"job": "Director", "department": "Directing", "name": " Bo "},
    {"job": "Screenplay", "department": "Writing", "name": "Bo"},
    {"job": "Novel", "department": "Writing", "name": "Cy"},
    {"job": "Executive Producer", "department": "Production", "name": "Di"},
    {"job": "Producer", "department": "Production", "name": "Di"},
    {"job": "Casting", "department": "Production", "name": "Ed"},
]


def test_cast_comes_in_the_order_of_billing_each_name_once_and_those_without_order_last():
    cast = [
        {"name": "No order"},
        {"order": 2, "name": "Third"},
        {"order": 0, "name": "Lead"},
        {"order": 5, "name": "Lead"},
    ]
    assert cast_names(cast) == ["Lead", "Third", "No order"]
    assert cast_names([]) == []


def test_crew_is_told_apart_by_job_and_writers_by_department():
    assert directors(CREW) == ["Bo"]
    assert writers(CREW) == ["Bo", "Cy"]
    assert producers(CREW) == ["Ann", "Di"]


def test_what_is_no_name_is_left_out_and_half_a_pair_of_escapes_is_replaced():
    assert names([{"name": None}, {"id": 3}, {"name": 7}, {"name": "  "}, {"name": "Zo\udc00e"}]) == ["Zo?e"]
