from greenlight_films.datamodules import Category, Declared, Number, ProfitRatio, RandomSplit


def test_what_each_column_is_read_as_is_told_by_features_and_target():
    features = [Number("budget"), Category("studio"), Number("year"), Category("year", role="era")]
    declared = Declared(features, ProfitRatio("budget", "revenue"), RandomSplit())
    assert declared.needs() == {
        "budget": {"number"},
        "studio": {"text"},
        "year": {"number", "text"},
        "revenue": {"number"},
    }
