"""Inputs that are fitted on the target by cross-fitting: a training film's own come from the other training films."""
