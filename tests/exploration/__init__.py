"""Every run of a small network of real engines, within bounds: four members, one of them a liar.

The engine is a function, so a network is a graph: nodes are what three honest engines hold, edges
are inputs. It is walked breadth first until nothing new is found, and everything that must hold is
asked in each state.

    world    the genesis, cheap keys, what a member would sign, the liar's blocks
    dump     an engine as a value: two engines with the same one behave alike
    member   one honest member: an engine, its journal, what it said; one input at a time
    choices  what may happen next, given what everyone said
    checks   what must hold of everything that was said and committed
    walk     the search itself
    test_*   a small search as a test, and rules broken on purpose that it must notice

What was said stays, so every loss, delay, repetition and order is among the runs. The liar has no
state: its vote completes a certificate wherever two honest ones are there, towards whom it likes.

What is cut, and why that is allowed:

- Votes arrive as certificates: those that make a quorum, one after the other, at once. A vote that
  completes nothing changes the tally alone, and others' votes are taken out of it after each input.
- A step in which a member says nothing is put off until it next speaks. Nobody else can see it, and
  what a member may meet only grows. What it commits meanwhile is checked.
- Blocks are empty, and nothing is executed: lanes and attestation have a simulator.
- Every step happens at one moment, except that a deadline passes in a step whose clock is past it;
  standstill and beats are out of reach, as what they repeat was never lost here.
- An honest leader proposes as soon as it may (``empty_block_ms`` is 0).
- In its views the liar proposes up to two blocks on each parent; these are alike but for their
  name, and the second is shown only once the first was.
- Members stop in the view after the last one. With three views the third is proposed and notarized,
  and does not end: its F and X depend on its own votes alone, and the first two are views like it.
"""
