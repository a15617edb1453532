"""The search of the settings that do best on the validation films."""
