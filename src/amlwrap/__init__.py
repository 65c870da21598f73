"""Amazon Machine Learning as objects."""
