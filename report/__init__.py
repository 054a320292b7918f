"""What a cube says of its cases, as a page or a notebook."""
