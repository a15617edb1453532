"""Inputs that are fitted on the target, crosswise: a training film's own come from the other training films."""
