"""Optimisers that update only the rows of a table that a batch touches, and the choice among optimisers."""
