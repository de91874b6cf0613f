"""Checks everything that the validators say, from genesis on, and publishes what it found."""
