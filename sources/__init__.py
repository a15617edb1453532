"""Public collections of films: from their raw files to one table of films and configs for studies of it."""
