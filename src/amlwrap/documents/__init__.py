"""The service's documents as values: they parse, render, and say what is wrong and where."""
