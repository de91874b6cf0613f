"""One module a family of golden vectors; a new module here is a new file in ../golden.

A family has a docstring (its first line describes the file), FIELDS (what each field of a case
means) and cases() (a list of JSON objects, the same each time). ../regenerate.py finds it.
"""
