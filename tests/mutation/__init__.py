"""The rules of the ledger, broken in every small way: some test must notice each of them.

A mutant is one module of ``contracts`` with one small edit. It is judged by what the ledger has to
stand by anyhow: the golden vectors, then the tests that reach the edited line. One that nothing
notices is a test that is missing, or is explained in ``explained.toml``.
"""
