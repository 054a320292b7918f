"""What posse's speed is, against what people would otherwise use: `posse bench`."""
