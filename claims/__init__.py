"""Claims about a game: proved, refuted by a counterexample, or undecided."""
