"""Everybody at once, as a state machine: Hypothesis chooses who does what, and shrinks what fails.

All transactions by all roles, honest and hostile, time that passes and epochs that change. After
each step the verdict and events are the slow ledger's, the invariants of the step hold, nobody's
balance fell without a signature, nobody's entries grew by another's doing, and no partner owes more
than it may (``histories.py``); every figure is compared now and then.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from primitives.genesis import Genesis
from tests.ledger import Ledger
from tests.properties.geneses import GENESES
from tests.properties.histories import MOVES, History

byte = st.integers(0, 255)
EVERY = 12
"""Steps after which every figure is compared."""


def words(whose: str) -> st.SearchStrategy[str]:
    """The names of what they may do, each once."""
    named = (move.__name__ for who, moves in MOVES if who == whose for move in moves)
    return st.sampled_from(list(dict.fromkeys(named)))


class Everybody(RuleBasedStateMachine):
    """A rule for each kind of people; ``who``, ``whom`` and ``size`` are read as their moves do."""

    history: History

    @initialize(founded=st.sampled_from([found() for found in GENESES]))
    def begin(self, founded: Genesis) -> None:
        self.history = History(Ledger(founded))
        self.steps = 0

    def _do(self, whose: str, word: str, who: int, whom: int, size: int) -> None:
        people = getattr(self.history, whose)
        self.history.settle([getattr(people, word)(who, whom, size)], who + whom + size)

    @rule(word=words("hands"), who=byte, whom=byte, size=byte)
    def customers_and_tills(self, word: str, who: int, whom: int, size: int) -> None:
        self._do("hands", word, who, whom, size)

    @rule(word=words("offices"), who=byte, whom=byte, size=byte)
    def partners_and_custodians(self, word: str, who: int, whom: int, size: int) -> None:
        self._do("offices", word, who, whom, size)

    @rule(word=words("gate"), who=byte, whom=byte, size=byte)
    def who_comes_and_goes(self, word: str, who: int, whom: int, size: int) -> None:
        self._do("gate", word, who, whom, size)

    @rule(word=words("council"), who=byte, whom=byte, size=byte)
    def who_votes(self, word: str, who: int, whom: int, size: int) -> None:
        self._do("council", word, who, whom, size)

    @rule(word=words("market"), who=byte, whom=byte, size=byte)
    def sponsors_buyers_and_sellers(self, word: str, who: int, whom: int, size: int) -> None:
        self._do("market", word, who, whom, size)

    @rule(who=byte, whom=byte, size=byte)
    def every_elector_votes(self, who: int, whom: int, size: int) -> None:
        self.history.settle(self.history.council.round(who, whom, size), who)

    @rule(made=st.lists(st.tuples(byte, byte, byte, byte), min_size=2, max_size=6), lane=byte)
    def many_at_once(self, made: list[tuple[int, int, int, int]], lane: int) -> None:
        self.history.settle([self.history.make(*each) for each in made], lane)

    @rule(size=byte, new_epoch=st.booleans())
    def time_passes(self, size: int, new_epoch: bool) -> None:
        self.history.pass_time(size, new_epoch=new_epoch)

    @precondition(lambda self: hasattr(self, "history"))
    @invariant()
    def every_figure_is_right_now_and_then(self) -> None:
        self.steps += 1
        if self.steps % EVERY == 0:
            self.history.compare()

    def teardown(self) -> None:
        if hasattr(self, "history"):
            self.history.compare()


TestEverybody = Everybody.TestCase
TestEverybody.settings = settings(max_examples=40, stateful_step_count=60)
