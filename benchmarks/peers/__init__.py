"""The game of strategic restraint, solved by other means. Each gives (regime, payoffs) at random points."""
