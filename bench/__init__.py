"""How fast, how right and how large amlwrap is, beside what a person would otherwise use: ``python -m bench``."""
