"""Readers of tables: files in, data frames out; cells to numbers, dates and labels."""
