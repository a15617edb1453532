"""Figures, the HTML page and the tables in a terminal: they read results and train nothing."""
