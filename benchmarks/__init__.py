"""Measures what the network carries on this machine. Beside the product: nothing of it ships.

    python -m benchmarks [--quick]    four validators, a load, a verdict
    python -m benchmarks.delays       finality where validators are far apart
    python -m benchmarks.scenarios    other loads, faults, overload, newcomers, idleness
    python -m benchmarks.capacity     what one validator carries on one core, its peers played
    python -m benchmarks.profile      one process: what a transfer costs, by stage
    python -m benchmarks.state        how that grows with the number of accounts
    python -m benchmarks.ledger       what that costs over the floor of its operations, by stage
    python -m benchmarks.operations   the same in operations, held to a budget in CI
    python -m benchmarks.page         all results on one page with plots
    python -m benchmarks.audit        a long chain without a network, and the auditor over it
    python -m benchmarks.signatures   single signature checks against batches

docs/reference/benchmarks.md says what each figure means.
"""
