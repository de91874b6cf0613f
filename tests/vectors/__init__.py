"""Bytes that must never change by accident: other people's vectors, and golden ones of our own.

README.md says where the published ones come from and how the golden ones are written.
"""
