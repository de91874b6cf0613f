"""LiqBon's tests: whatever the project claims is shown here, or it is not claimed."""
