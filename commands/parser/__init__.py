"""What all words of the command line share: help, messages and signals."""
