"""Labels: axes, sweeps, cubes on disk, slices, pictures. Knows no cluster."""
