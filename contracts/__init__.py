"""The rules of the ledger, as pure functions of state, transaction and block."""
