"""The whole story on one machine, told by the installed commands and HTTP alone.

Knows how to start, watch, kill and ask; imports nothing of the product, as a newcomer would not.
"""
