"""From a config to objects: the parser, its messages, and what a config may name."""
