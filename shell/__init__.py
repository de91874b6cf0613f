"""How every command behaves: options, output, exit status, error text, keys on disk."""
