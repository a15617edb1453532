"""Figures of a run, as functions from its tables to plotly: for the report, and for notebooks.

Titles are the page's; every axis has one with its unit, and `layout.meta["alt"]` says in a sentence what is to be seen.
Names in the tables are data: whatever they hold is shown as it is.
"""
