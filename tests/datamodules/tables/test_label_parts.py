import pandas as pd
import pytest

from greenlight_films.datamodules.tables.label_cells import split_labels


@pytest.mark.parametrize(
    ("cell", "separator", "labels"),
    [
        ("Robin Venn, Jr., Ann Ode, III", ", ", ["Robin Venn, Jr.", "Ann Ode, III"]),
        ("Robin Venn,Jr.,Ann Ode", ",", ["Robin Venn, Jr.", "Ann Ode"]),
        (
            "Tarn Co., Ltd., Moth, S.A., Quill GmbH & Co. KG",
            ", ",
            ["Tarn Co., Ltd.", "Moth, S.A.", "Quill GmbH & Co. KG"],
        ),
        ("Tarn, INC, Moth, llc", ", ", ["Tarn, INC", "Moth, llc"]),
        ("Jr., Ann Ode", ", ", ["Jr.", "Ann Ode"]),
        ("US, SA, AG", ", ", ["US", "SA", "AG"]),
        ("Robin Venn, Jr.|Ann Ode", "|", ["Robin Venn, Jr.", "Ann Ode"]),
        ("Cato (as Old Tom, the miller), Ann", ", ", ["Cato (as Old Tom, the miller)", "Ann"]),
        ("A (x, y, z) (u, v), B", ", ", ["A (x, y, z) (u, v)", "B"]),
        ("A (x / y) / B", " / ", ["A (x / y)", "B"]),
        ("A (x, B, C)", ", ", ["A (x, B, C)"]),
        ("A (x, B, C", ", ", ["A (x", "B", "C"]),
        ("A), (B", ", ", ["A)", "(B"]),
        ("A, B,", ", ", ["A", "B"]),
        ("A; B;", "; ", ["A", "B"]),
        ("Ann, et al.", ", ", ["Ann"]),
        ("Ann and others", ", ", ["Ann"]),
        ("Ann, Bero & others", ", ", ["Ann", "Bero"]),
        ("Ann et al", ", ", ["Ann"]),
        ("Ann, …", ", ", ["Ann"]),
        ("Ann...", ", ", ["Ann"]),
        ("Ann|See full cast & crew", "|", ["Ann"]),
        ("The Others, Kenneth More, Al Al", ", ", ["The Others", "Kenneth More", "Al Al"]),
        ("et al.", ", ", []),
    ],
)
def test_what_is_one_name_is_joined_and_nobody_is_no_label(cell, separator, labels):
    cells = pd.Series([cell, "Z", None, cell], name="c", dtype="str")
    assert split_labels(cells, separator).to_lists() == [labels, ["Z"], [], labels]
