"""From data to parameters: crises joined to state-years of capabilities and of ideal points."""
