"""A look at a table that nobody has described: what its columns and rows are, and the config that follows from it."""
