"""The bytes everyone must agree on. Pure: no clock, chance, floats, I/O or logging."""
