"""Numbers in words: amounts of the target's unit, and numbers that are too long to write out."""

AMOUNTS = [
    ({"transform": "log1p", "shift": 0, "unit": "US dollars", "average": 17.2}, 285_123_144, "$285 million"),
    ({"transform": "log1p", "shift": 0, "unit": "US dollars", "average": 17.2}, 999_999, "$1 million"),
    ({"transform": "log1p", "shift": 0, "unit": "$", "average": 17.2}, 92_499.3, "$92,500"),
    ({"transform": "none", "shift": 0, "unit": "US dollars", "average": 8e7}, -1_249_000, "−$1.2 million"),
    ({"transform": "none", "shift": 0, "unit": "points", "average": 6.1}, 6.428, "6.43 points"),
    ({"transform": "log1p", "shift": 1, "unit": "profit / budget", "average": 1.1}, -0.5, "−0.5 profit / budget"),
    ({"transform": "none", "shift": 0, "unit": "", "average": 6.1}, None, "no number"),
    ({"transform": "log1p", "shift": 0, "unit": "USD", "average": 17.2}, -0.996, "$0"),
    ({"transform": "log1p", "shift": 5, "unit": "USD", "average": 17.2}, -0.996, "−$0.996"),
    ({"transform": "log1p", "shift": 0, "unit": "points", "average": 2.1}, -0.5, "−0.5 points"),
]


def test_amounts_are_written_in_the_unit(opened):
    script = """(cases) => import("/page/format.js").then(({ Scale }) =>
      cases.map(([run, value]) => new Scale(run).amount(value)))"""
    assert opened().evaluate(script, AMOUNTS) == [words for _, _, words in AMOUNTS]


def test_numbers_that_are_too_long_are_written_with_a_power_of_ten(opened):
    script = """() => import("/page/format.js").then(({ beside, plain, tickOf, ticksFor }) => [
      [1.58571e16, 2e16, 2.14e-10, 123456789].map((number) => plain(number)),
      [1.58571e16, -6.2e14, 3e9].map((number) => beside(number, 1.6e16)),
      [0.1234, 15.857].map((number) => beside(number, 20)),
      [0, 1500, 2e7, 1e17].map((number) => tickOf(number)),
      [20, 3e16].map(ticksFor),
    ])"""
    assert opened().evaluate(script) == [
        ["1.59×10¹⁶", "2×10¹⁶", "2.14×10⁻¹⁰", "123,000,000"],
        ["1.59×10¹⁶", "−0.06×10¹⁶", "0.00×10¹⁶"],
        ["0.1", "15.9"],
        ["0", "1500", "20M", "1×10¹⁷"],
        [4, 2],
    ]
