"""Every run of a small network of real engines, within bounds: four members, one of them a liar.

The engine is a function, so a network is a graph: nodes are what three honest engines hold, edges
are inputs. It is walked breadth first until nothing new is found, and everything that must hold is
asked in each state.

    world    the genesis, cheap keys, what a member would sign, the liar's blocks
    dump     an engine as a value: two engines with the same one behave alike
    member   one honest member: an engine, its journal, what it said; one input at a time
    freezer  members as bytes and back
    choices  what may happen next, given what everyone said
    checks   what must hold of everything that was said and committed
    cuts     what is left out, by name
    walk     the search itself
    test_*   a small search as a test, and rules broken on purpose that it must notice

What was said stays, so every loss, delay, repetition and order is among the runs. The liar has no
state: its vote completes a certificate wherever two honest ones are there, towards whom it likes.

``cuts`` names what is cut, and why that is allowed; tests undo those cuts that are not plain from
the code, where that can be afforded, and find the same outcomes.
"""
