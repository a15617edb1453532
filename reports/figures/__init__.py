"""Figures of a run, as functions from its tables to plotly figures, for the report and for notebooks.

Titles are the page's; every axis has a title with its unit, and `layout.meta["alt"]` describes the figure.
Names in the tables are data: they are shown as text, whatever they contain.
"""
