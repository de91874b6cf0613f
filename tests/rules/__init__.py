"""Rules of the ordering broken on purpose, one mutant at a time: each has to be caught.

Every numbered rule of consensus, of lanes and blocks, and of votes and certificates has at least
one mutant that drops or weakens it in the real code, and something that notices: a seed of the
simulator, or, where whole networks do not show it (a bound against flooding), a named test.
``python -m tests.rules`` judges all of them; docs/results/rules.md is the table of what it found.

    mutant       what a mutant is; edits of one function
    safety, liveness, durability, messages, epochs, lanes, certificates
                 the mutants, by family of rules
    bugs         bugs that real implementations of this protocol had, put back
    catalogue    all mutants, and rules that have none
    catching     whether a mutant is caught, and by what; each in a child process
    results      what is known, on disk; the table made of it

Mutants of the ledger's contracts are made by machine: tests/mutation.
"""
