from greenlight_films.datamodules.tables.read_table import open_table


def test_a_cell_with_bytes_that_are_no_text_is_named(file):
    lines = ["title,cast", *["Été,Noël"] * 9, "C\udc9cur,Zoé", "x,Ol\udce9"]
    table = open_table(file("a.csv", "\n".join(lines).encode("utf-8", "surrogateescape")))
    assert table.frame["title"].iloc[9] == "C\ufffdur"
    assert table.notices == (
        "column 'title' has bytes that are no utf-8 text in row 10 (1 cell), such as 'C\ufffdur': they became \ufffd; "
        "correct them in the file",
        "column 'cast' has bytes that are no utf-8 text in row 11 (1 cell), such as 'Ol\ufffd': they became \ufffd; "
        "correct them in the file",
    )


def test_text_that_was_decoded_wrongly_before_is_named_with_what_it_was(file):
    cells = ["Amélie".encode().decode("cp1252"), "Ãngel", *["Été".encode().decode("cp1252")] * 30]
    (notice,) = open_table(file("a.csv", "title\n" + "\n".join(cells) + "\n")).notices
    assert "in rows 1, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 21 more (31 cells): 'AmÃ©lie' was 'Amélie'" in notice


def test_good_text_has_no_notice(file):
    assert open_table(file("a.csv", "title\nÂngelo\nÃo ×\nÉté\n")).notices == ()
