"""What posse's speed is, against what people would otherwise use: `posse bench`."""

# The groups of tables that it prints, a module each.
GROUPS = ("kernel", "signalling", "disk", "slicing", "virtual", "crises", "regions", "starting", "tools", "cluster")
