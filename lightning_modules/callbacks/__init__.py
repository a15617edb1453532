"""Callbacks: permutation importance, TensorBoard, checkpoints, early stopping."""
