"""What can be asked of a cube: masks, shares, statements, pictures, files."""
