"""The page on which the map of a sweep moves under a slider."""
