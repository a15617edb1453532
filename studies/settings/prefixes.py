"""What configs, and the options of `study`, put before the settings of a command, which itself takes them without."""

PREFIXES = {"importance": "permutation_importance.", "baselines": "compare.", "audit": "audit."}
