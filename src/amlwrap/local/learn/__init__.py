"""Design matrix and targets in, weights out: losses, penalties and the stochastic gradient solver."""
