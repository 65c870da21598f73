"""Bytes in, typed columns out: reader, split, statistics."""
