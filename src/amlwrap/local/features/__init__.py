"""Typed columns and a resolved recipe in, design matrix out; what must be kept is learned from the training rows."""
