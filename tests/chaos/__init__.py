"""Real node processes under load, with a fault proxy between them and kill -9 all around.

A seed draws a schedule of faults (``plan``); ``run`` starts a network and carries it out while
clients pay each other at a fixed rate (``load``), and writes down what they were proven; ``chain``
reads what became of it; ``checker`` compares the two. Not a word of what nodes say is believed
where it can be proven or counted.

    python -m tests.chaos --seconds 600 --seed 7
"""
