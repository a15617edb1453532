"""From the raw files of public collections to a table of films: one module a collection, and what they share."""
