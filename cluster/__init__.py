"""Where the work runs. Knows nothing of games."""
