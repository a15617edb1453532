"""Several runs of one study, by seed or by fold: how far scores and importances move."""
