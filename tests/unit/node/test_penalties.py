"""What misbehaves stays away, longer each time, and is forgotten in the end [NET-2]."""

from node import penalties
from node.penalties import FIRST_PENALTY_S, GOOD_CONDUCT_S, LAST_PENALTY_S, MAX_BLAMED, Penalties


def test_each_penalty_is_twice_the_last_up_to_a_bound() -> None:
    blamed: Penalties[str] = Penalties()
    seconds = [blamed.add("north", 0.0) for _ in range(8)]
    assert seconds == [5, 10, 20, 40, 80, 160, 300, 300]
    assert (seconds[0], seconds[-1]) == (FIRST_PENALTY_S, LAST_PENALTY_S)


def test_a_penalty_holds_for_its_name_and_its_time() -> None:
    blamed: Penalties[int] = Penalties()
    blamed.add(2, 100.0)
    assert blamed.holds(2, 100.0 + FIRST_PENALTY_S - 0.1)
    assert not blamed.holds(2, 100.0 + FIRST_PENALTY_S)
    assert not blamed.holds(3, 100.0)
    assert not blamed.holds(None, 100.0)
    blamed.clear()
    assert not blamed.holds(2, 100.0)


def test_good_conduct_is_rewarded() -> None:
    blamed: Penalties[str] = Penalties()
    until_s = blamed.add("north", 0.0) + blamed.add("north", 0.0)
    assert blamed.add("north", until_s + GOOD_CONDUCT_S + 1) == FIRST_PENALTY_S


def test_the_names_are_bounded_and_the_oldest_goes() -> None:
    blamed: Penalties[str] = Penalties()
    for host in range(MAX_BLAMED + 1):
        blamed.add(f"host {host}", host / 1_000)
    assert not blamed.holds("host 0", 2.0)
    assert blamed.holds("host 1", 2.0)
    assert blamed.holds(f"host {MAX_BLAMED}", 2.0)
    assert len(blamed._blame) == penalties.MAX_BLAMED
