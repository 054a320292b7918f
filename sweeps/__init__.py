"""Labels: axes, sweeps, cubes on disk. Knows no cluster."""
