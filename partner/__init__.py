"""A retailer's side: deposits become LiqBon, each one once."""
