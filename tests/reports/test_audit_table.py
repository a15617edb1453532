"""The outcome of an audit in the terminal."""

import numpy as np
import pandas as pd

from greenlight_films.reports.audit_table import print_audit
from greenlight_films.studies.audit import AuditResult


def test_splits_stand_side_by_side_with_shares_scores_falls_and_notes(folder, console):
    summary = pd.DataFrame(
        {
            "split": ["rows at random", "by film", "by time (year)"],
            "model": "tree",
            "film_seen": [0.9, 0.0, np.nan],
            "person_seen": np.nan,
            "r2": [0.8, 0.25, -12.345],
            "r2_sd": [0.01, 0.02, np.nan],
            "spearman": [0.9, 0.5, np.nan],
            "spearman_sd": [0.01, 0.02, np.nan],
            "repeats": [5, 5, 1],
        }
    )
    result = AuditResult(folder, summary, ["by film: 3 rows without id are left out"], ["revenue"])
    print_audit("small [x]", "profit", result, console)
    text = console.file.getvalue()
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    assert "small [x]: the same models under other splits" in text
    assert rows == [
        ["its film in training", "90%", "0%", "–"],
        ["tree, R²", "0.800 ± 0.010", "0.250 ± 0.020", "-12.3"],
        ["tree, rank correlation", "0.900 ± 0.010", "0.500 ± 0.020", "–"],
    ]
    assert "R² of tree falls from 0.800 with rows at random to 0.250 by film: rows at random tell it of films" in text
    assert "R² of tree falls from 0.800 with rows at random to -12.345 by time (year)." in text
    assert "Known only after release: revenue." in text
    assert "by film: 3 rows without id are left out" in text
    assert text.endswith(f"\n{folder.path}/\n")
