from greenlight_films.datamodules.features import Number
from greenlight_films.datamodules.targets import ProfitRatio, Target
from greenlight_films.sources.source import profit_question, rating_question


def test_a_rating_is_asked_for_in_points_and_profit_as_a_ratio():
    features = (Number("year"),)
    rating, profit = rating_question("IMDb score", "score", features), profit_question("gross", features)
    assert (rating.name, rating.text) == ("", "What makes a film well rated? IMDb score")
    assert rating.target == Target("score", unit="points of 10")
    assert (profit.name, profit.target) == ("profit", ProfitRatio("budget", "gross", "log1p"))
    assert profit.text == "What carries a film's profit? Profit ratio, (gross - budget) / budget"
