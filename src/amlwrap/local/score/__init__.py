"""Weights and rows in, scores, metrics and prediction files out: one scoring code, whoever asks."""
