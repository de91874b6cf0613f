"""Stand-ins for the parts of a node that a test does not want: honest, fast, without a network."""
