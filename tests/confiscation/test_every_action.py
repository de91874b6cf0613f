"""Every action there is, and everything that falls due: none takes from anyone but its sender.

[LEDGER-1] for all contracts at once, from the tables by which they are dispatched. An action that
is added is tested here without anyone thinking of it, or fails for want of an example.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts import due as calendar
from contracts import token
from contracts.agenda import DUE
from contracts.context import BlockContext
from contracts.rulebook import RULES
from contracts.state import Draft, State
from primitives.actions import Action, SettlementConfirm
from primitives.address import account_id
from primitives.entries import (
    Account,
    CampaignEnd,
    DueItem,
    DuePage,
    OrderDue,
    Prefix,
    decode_entry,
)
from primitives.receipt import Outcome, Receipt
from primitives.transaction import Decoded
from tests.architecture.source import sources
from tests.attacks.scenes import ANN, balances, in_lanes
from tests.builders import DAY_MS
from tests.confiscation.anything import any_action, any_sender
from tests.confiscation.town import DOABLE, OBLIGATIONS, a_town, spends
from tests.ledger import Ledger

KINDS = sorted(RULES, key=lambda kind: kind.__name__)
DUE_KINDS = sorted(DUE, key=lambda kind: kind.__name__)
RETURNING = (CampaignEnd, OrderDue)
"""What falls due and gives back what somebody locked."""
JUMPS_MS = (0, 1, 1_000, DAY_MS, 6 * DAY_MS, 40 * DAY_MS)


def accounts(state: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """The records of all accounts, by key."""
    return {key: raw for key, raw in state.items() if key[0] == Prefix.ACCOUNT}


def assert_nobody_else_lost(town: Ledger, before: dict[bytes, bytes], decoded: Decoded) -> None:
    """Whose balance fell is who signed, by what the transaction says and no more; and of everybody
    else's record nothing changed but a balance that grew."""
    sender = account_id(decoded.signed.policy)
    old, new = balances(before), balances(town.state)
    for account, held in old.items():
        fallen = held - new[account]
        assert fallen <= (spends(decoded.transaction.action) if account == sender else 0)
    others = {key: raw for key, raw in accounts(before).items() if key[1:] != sender}
    assert_only_grew(others, town.state)


def assert_only_grew(before: dict[bytes, bytes], after: Mapping[bytes, bytes]) -> None:
    """Of these records nothing changed but a balance that grew, and channels that were opened."""
    for key, raw in before.items():
        was, is_now = decode_entry(key, raw), decode_entry(key, after[key])
        assert isinstance(was, Account)
        assert isinstance(is_now, Account)
        assert replace(is_now, balance=was.balance, channels=was.channels) == was
        assert was.channels <= is_now.channels
        assert was.balance <= is_now.balance


class TestActions:
    """[LEDGER-1]"""

    def test_the_table_is_all_the_actions_there_are(self) -> None:
        assert set(RULES) == set(get_args(Action))
        assert set(DOABLE) == {kind.__name__ for kind in RULES}

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    def test_when_it_is_done_nobody_else_has_less(self, kind: type[Action]) -> None:
        """Not by being refused: each one is done here once."""
        town = a_town()
        decoded = DOABLE[kind.__name__](town)
        assert type(decoded.transaction.action) is kind
        before = dict(town.state)
        [verdict] = town.block(decoded)
        assert isinstance(verdict, Receipt)
        assert verdict.outcome == Outcome.DONE, verdict.outcome.text
        assert_nobody_else_lost(town, before, decoded)
        town.scan()
        self.assert_waiting_takes_nothing(town)

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    @given(st.data())
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    def test_whoever_sends_whatever_nobody_else_has_less(
        self, kind: type[Action], data: st.DataObject
    ) -> None:
        """Any fields, any sender, any endorser; then time, with all that it made fall due."""
        town = a_town()
        action = data.draw(any_action(town, kind))
        decoded = town.act(data.draw(any_sender(town, action)), action)
        before = dict(town.state)
        town.block(decoded, lane=data.draw(st.integers(0, 3)))
        assert_nobody_else_lost(town, before, decoded)
        self.assert_waiting_takes_nothing(town)

    def test_a_contract_that_takes_from_another_would_be_seen(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """So that none of this passes because nothing is looked at."""
        rule = RULES[SettlementConfirm]

        def greedy(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
            token.debit(draft, ANN.account, 1)
            token.credit(draft, decoded.transaction.sender, 1)
            return rule.contract(draft, context, decoded)

        monkeypatch.setitem(RULES, SettlementConfirm, rule._replace(contract=greedy))
        town = a_town()
        decoded = DOABLE["SettlementConfirm"](town)
        before = dict(town.state)
        in_lanes(town, (0, decoded))
        with pytest.raises(AssertionError):
            assert_nobody_else_lost(town, before, decoded)

    @staticmethod
    def assert_waiting_takes_nothing(town: Ledger) -> None:
        for jump in (DAY_MS, 20 * DAY_MS, 400 * DAY_MS):
            before = accounts(town.state)
            town.pass_time(jump)
            assert_only_grew(before, town.state)


class TestWhatFallsDue:
    """[LEDGER-1] [LEDGER-36] No deadline is anybody's loss."""

    def test_the_table_is_all_that_can_fall_due_and_the_town_waits_for_each(self) -> None:
        assert set(DUE) == set(get_args(DueItem))
        assert {type(item) for item in waiting(a_town())} == set(DUE)

    @pytest.mark.parametrize("kind", DUE_KINDS, ids=lambda kind: kind.__name__)
    def test_none_takes_from_any_account(self, kind: type[DueItem]) -> None:
        """Each item by itself, at its time or long after it, in whatever state: what it writes
        holds no account, but for those to which something returns."""
        town = a_town()
        parameters, lanes = town.genesis.parameters, len(town.genesis.partners)
        for item in (item for item in waiting(town) if type(item) is kind):
            for late_ms in (30 * DAY_MS, 400 * DAY_MS):
                time = town.time + late_ms
                context = BlockContext(parameters, town.chain, town.height + 1, time, lanes, 0)
                draft = Draft(State(town.state))
                DUE[kind].contract(draft, context, item)
                written = {key[0] for key in draft._writes}
                assert not written & {Prefix.CHANNEL, Prefix.SUPPLY}
                assert (Prefix.ACCOUNT in written) <= (kind in RETURNING)
                draft.commit()
                state = draft._state
                after = {key: state.get(key) or b"" for key in accounts(town.state)}
                assert_only_grew(accounts(town.state), after)

    @given(st.lists(st.sampled_from(JUMPS_MS), max_size=8))
    @settings(max_examples=60)
    def test_however_time_passes_no_record_loses_anything(self, jumps: list[int]) -> None:
        town = a_town()
        for jump in jumps:
            before = accounts(town.state)
            town.pass_time(jump)
            assert_only_grew(before, town.state)
        town.scan()

    def test_in_the_end_every_deadline_has_passed_and_nobody_has_less(self) -> None:
        """So that the tests above did not wait in vain: what could fall due did."""
        town = a_town()
        before = accounts(town.state)
        events: set[str] = set()
        for _ in range(60):
            result = town.pass_time(DAY_MS)
            events |= {type(event).__name__ for r in result.receipts for event in r.events}
        assert_only_grew(before, town.state)
        held = sum(balances(town.state).values())
        assert held == town.scan().supply, "something is still locked"
        assert events >= {
            "CampaignClosed",
            "OrderEnded",
            "CycleClosed",
            "DailyCapsChanged",
            "ObligationOverdue",
            "LimitsSet",
            "ObligationSettled",
            "ProposalMoved",
            "RateChanged",
            "ReserveChanged",
            "ReserveDrawn",
            "ReserveLapsed",
            "TermsChanged",
        }
        late = [town.obligation(*name).late for name in OBLIGATIONS]
        assert any(late), "everything was paid: no debt was left to be a temptation"


class TestWhereBalancesAreWritten:
    """So few places that one reads them all: a new one has to be put down here, with its reason."""

    def test_four_modules_know_where_an_account_stands(self) -> None:
        named = {
            source.place
            for source in sources("contracts")
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Name) and node.id == "account_key"
        }
        assert {place for place in named if "invariants" not in place} == {
            "contracts/genesis.py",  # opens the accounts of roles, with nothing in them
            "contracts/partners.py",  # lets who takes a role have a record and all channels
            "contracts/sequences.py",  # moves the sender's own sequence
            "contracts/token.py",  # transfer, debit and credit
        }

    def test_four_contracts_debit_and_they_debit_their_sender(self) -> None:
        """[LEDGER-18] [LEDGER-40] [LEDGER-44] [LEDGER-49] Besides a transfer, which does it in
        ``token``."""
        calls = {
            (source.place, ast.unparse(node))
            for source in sources("contracts")
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("debit")
        }
        assert calls == {
            ("contracts/redemption.py", "token.debit(draft, sender, invoice.amount)"),
            ("contracts/campaigns.py", "token.debit(draft, sponsor, action.budget)"),
            ("contracts/orders.py", "token.debit(draft, buyer, offer.price)"),
            ("contracts/contents.py", "token.debit(draft, sender, action.amount)"),
        }


def waiting(town: Ledger) -> list[DueItem]:
    """Everything in the calendar."""
    found: list[DueItem] = []
    for key, raw in town.state.items():
        if key[0] == Prefix.DUE_PAGE:
            page = decode_entry(key, raw)
            assert isinstance(page, DuePage)
            second, number = (int.from_bytes(key[a:b], "big") for a, b in ((1, 5), (5, 9)))
            found += calendar.waiting(State(town.state), second, number)
    return found
