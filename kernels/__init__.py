"""Numbers in, numbers out: declarations of games, their definition, the compiler. Knows no labels and no files."""
