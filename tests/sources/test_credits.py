from greenlight_films.sources.credits import CREW, cast_names, names

PEOPLE = [
    {"job": "Producer", "department": "Production", "name": "Ann"},
    {"job": "Director", "department": "Directing", "name": " Bo "},
    {"job": "Screenplay", "department": "Writing", "name": "Bo"},
    {"job": "Novel", "department": "Other", "name": "Cy"},
    {"job": "Co-Writer", "department": "Writing", "name": "Cyd"},
    {"job": "Executive Producer", "department": "Production", "name": "Di"},
    {"job": "Producer", "department": "Production", "name": "Di"},
    {"job": "Assistant Director", "department": "Directing", "name": "Ed"},
]


def test_cast_comes_in_the_order_of_billing_each_name_once_and_those_without_order_last():
    orders = [(None, "No order"), (2, "Third"), (0, "Lead"), (5, "Lead"), ("1", "Text")]
    assert cast_names([{"order": order, "name": name} for order, name in orders]) == [
        "Lead", "Third", "No order", "Text",
    ]  # fmt: skip
    assert cast_names([]) == []


def test_crew_is_chosen_by_job_and_writers_by_department_too():
    chosen = {column: choose(PEOPLE) for column, choose in CREW.items()}
    assert chosen == {"directors": ["Bo"], "writers": ["Bo", "Cy", "Cyd"], "producers": ["Ann", "Di"]}


def test_what_is_no_name_is_left_out_and_half_a_pair_of_escapes_is_replaced():
    assert names([{"name": None}, {"id": 3}, {"name": 7}, {"name": "  "}, {"name": "Zo\udc00e"}]) == ["Zo?e"]
