"""A network of replicas carried through a plan. Knows every part, and no rule of the protocol."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

from consensus.messages import BatchSent, decode_message
from node.executor import ExecutedBlock, Executor
from node.store import StoreBroken
from node.world import Misbehaviour
from primitives.batch import decode_batch
from primitives.evidence import Evidence
from primitives.genesis import validators_of
from primitives.transaction import Decoded, decode_signed
from primitives.validators import ValidatorSet
from tests.builders import a_code
from tests.pruned import of_few_heights
from tests.simulation.adversaries import adversary_of
from tests.simulation.adversaries.twin import Twin
from tests.simulation.checkers.agreement import Agreement
from tests.simulation.checkers.certified import check_certificates
from tests.simulation.checkers.conserved import check_conserved
from tests.simulation.checkers.honest import Honesty
from tests.simulation.checkers.once import check_once
from tests.simulation.checkers.past import check_past
from tests.simulation.checkers.progress import unrest
from tests.simulation.checkers.punctual import awaited, check_cycles, overdue, stirred
from tests.simulation.checkers.timely import check_time
from tests.simulation.clients import LOOK_MS, Clients, Market
from tests.simulation.failing import Failures
from tests.simulation.founding import the_genesis
from tests.simulation.keys import CHEAP, REAL, Keys
from tests.simulation.loop import Loop, Trace
from tests.simulation.machine import Machine
from tests.simulation.network import Network
from tests.simulation.offices import open_offices
from tests.simulation.plan import Plan
from tests.simulation.process import Process, Setting
from tests.simulation.turnover import UPGRADED, turn_over
from tests.simulation.verdict import Diverged, Outcome, Verdict
from tests.simulation.wires import Wires

HEAL_LIMIT_MS: Final = 60_000
REST_MS: Final = 12_000
"""Once at rest, how long it is watched whether it stays so; beats are due in that time."""
MOST_WAKINGS: Final = 4
FEWEST_COMMITS: Final = 3
_BATCH_SENT: Final = 4


class Cluster:
    """Endpoints 0 to n-1 are the members; endpoint n is a twin's other half."""

    def __init__(self, plan: Plan, *, keep_trace: bool = False) -> None:
        self.plan = plan
        self.loop = Loop()
        self.trace = Trace(self.loop, keep_trace)
        keys: Keys = REAL if plan.real_keys else CHEAP
        genesis = the_genesis(plan.members, plan.parameters, real_keys=plan.real_keys)
        self.setting = Setting(genesis, validators_of(genesis), keys)
        self.network = Network(self.loop, Random(f"{plan.seed} network"), self.trace)
        self.adversary = adversary_of(plan)
        self.machines = [self._machine(endpoint) for endpoint in range(plan.endpoints)]
        self.processes: dict[int, Process] = {}
        self.clients = Clients(self.loop, Random(f"{plan.seed} clients"), self._submit)
        self.market = Market(keys, self.setting.chain, plan.members, plan.people)
        self.clients.enrol(self.market, plan.transfers)
        if plan.closes:
            open_offices(self.clients, self.market, plan.parameters, Random(f"{plan.seed} offices"))
        turn_over(self.clients, self.market, plan)
        self.agreement = Agreement()
        self.honesty = Honesty(self.setting, self._byzantine)
        self.faults = 0
        self.crashes = 0
        self._rng = Random(f"{plan.seed} cluster")
        self.wires = Wires(self, self._rng)
        self.failures = Failures(self, self._rng)
        self._final: set[bytes] = set()
        self._acknowledged: dict[bytes, None] = {}
        self._announced: set[bytes] = set()

    def _machine(self, endpoint: int) -> Machine:
        plan = self.plan
        partner = a_code(endpoint) if endpoint < plan.partners else self._byzantine
        machine = Machine(self.loop, plan.seed, endpoint, partner)
        machine.skew_ms = plan.skews_ms[endpoint]
        machine.set_pace(plan.paces[endpoint])
        machine.is_fragile = endpoint == plan.fragile
        machine.keep_ms = plan.keeps_ms[endpoint]
        machine.knows = UPGRADED if endpoint in plan.upgraded else 1
        return machine

    # -- what processes tell ---------------------------------------------------------------------

    def is_honest(self, machine: Machine) -> bool:
        """Whether its word counts."""
        return machine.partner != self._byzantine

    @property
    def _byzantine(self) -> str:
        """Whose node lies; empty if none does."""
        return a_code(self.plan.byzantine) if self.plan.byzantine >= 0 else ""

    def entered(self, process: Process, members: ValidatorSet) -> None:
        """A process stands in an epoch: it knows nobody under the handles of the one before."""
        if self.setting.epochs.setdefault(members.epoch, members) != members:
            raise Diverged(f"epoch {members.epoch}: others take part")
        mine = process.machine.endpoint
        self.trace.note(f"{mine} enters epoch {members.epoch}", members.hash)
        if not self.is_honest(process.machine):
            self.adversary.corrupt(process)
        if mine not in self.processes or not process.has_entered:
            process.has_entered = True
            return
        self.wires.renew(process)

    def enter(self, process: Process, call: Callable[[], None]) -> None:
        """Run a call into a process, if it lives. An honest one must not fail; another may."""
        if not process.alive:
            return
        try:
            call()
        except Diverged:
            raise
        except Exception as error:
            endpoint = process.machine.endpoint
            if self.is_honest(process.machine):
                raise Diverged(f"node {endpoint} failed: {error!r}") from error
            self.trace.note(f"{endpoint} falls: {error!r}")
            self._stop(endpoint)

    def sent(self, machine: Machine, peer: int, frame: bytes) -> None:
        sender = machine.endpoint
        if frame[1] == _BATCH_SENT and self.is_honest(machine) and frame not in self._announced:
            self._acknowledge(machine, frame)
        for receiver in self.wires.endpoints_of(machine, peer):
            if self.adversary.passes(sender, receiver, frame):
                self.trace.note(f"{sender}>{receiver} {frame[1]}", frame)
                self.network.carry(
                    (sender, receiver), frame, self._delivery(sender, receiver, frame)
                )

    def _delivery(self, sender: int, receiver: int, frame: bytes) -> Callable[[], None]:
        def deliver() -> None:
            process = self.processes.get(receiver)
            if process is not None:
                handle = self.wires.handle(process, sender)
                self.enter(process, lambda: process.replica.on_frame(handle, frame))

        return deliver

    def _acknowledge(self, machine: Machine, frame: bytes) -> None:
        """A batch left its honest author: what is in it must become final."""
        self._announced.add(frame)
        message = decode_message(frame)
        assert isinstance(message, BatchSent)
        batch = decode_batch(message.batch)
        members = self.setting.epochs[batch.header.epoch].members
        if members[batch.header.author].partner == machine.partner:
            for contents in batch.transactions:
                self._acknowledged[decode_signed(contents, self.setting.chain).id] = None

    def executed(self, machine: Machine, block: ExecutedBlock) -> None:
        if not self.is_honest(machine):
            return
        record = block.record
        check_time(self.setting, record.header, self.loop.now_ms)
        self.trace.note(f"{machine.endpoint} executes {record.header.height}", record.state_root)
        self.agreement.executed(machine.endpoint, block)
        self._final.update(receipt.origin for receipt in block.receipts[record.due :])

    def misbehaved(self, machine: Machine, blame: Misbehaviour) -> None:
        if self.is_honest(machine):
            self.trace.note(f"{machine.endpoint} blames {blame.peer}: {blame.code}")
            self.honesty.misbehaved(self.wires.partner_behind(machine, blame.peer), blame)

    def accused(self, machine: Machine, evidence: Evidence) -> None:
        if self.is_honest(machine):
            what = evidence.offence.name
            self.trace.note(f"{machine.endpoint} accuses {evidence.accused}: {what}")
            self.honesty.accused(evidence)

    def halted(self, machine: Machine, reason: str) -> None:
        self.trace.note(f"{machine.endpoint} halts: {reason}")
        if reason.startswith("protocol_unknown") and machine.knows < UPGRADED:
            self.failures.upgrade(machine, UPGRADED)
        elif self.is_honest(machine):
            raise Diverged(f"node {machine.endpoint} halted: {reason}")

    def kept_for_all(self) -> int:
        archive = self.processes.get(self.plan.archive)
        return 0 if archive is None else archive.executor.durable_height

    def fullest(self) -> Executor:
        """An honest ledger that keeps as much as any."""
        return min((each.executor for each in self._honest()), key=lambda ledger: ledger.oldest)

    # -- machines --------------------------------------------------------------------------------

    def start(self, endpoint: int) -> None:
        """Begin a life, and connect it to all others."""
        if endpoint in self.processes:
            return
        machine = self.machines[endpoint]
        self.trace.note(f"{endpoint} starts")
        process = self._opened(machine)
        self.processes[endpoint] = process
        self.enter(process, process.replica.start)
        for other in sorted(self.processes):
            self.wires.connect_soon(endpoint, other)

    def _opened(self, machine: Machine) -> Process:
        try:
            return Process(machine, self.setting, self)
        except Exception as error:
            if not (isinstance(error, StoreBroken) and machine.is_holed):
                raise Diverged(f"node {machine.endpoint} does not open: {error!r}") from error
            # Its operator does as he is told.
            self.trace.note(f"{machine.endpoint} begins its store anew: {error.reason}")
            machine.move_store_away()
            self.faults += 1
        return Process(machine, self.setting, self)

    def _stop(self, endpoint: int) -> bool:
        process = self.processes.pop(endpoint, None)
        if process is None:
            return False
        process.die()
        for other in sorted(self.processes):
            self.wires.disconnect(other, endpoint)
        return True

    def crash(self, endpoint: int) -> None:
        """Lose power; but for a liar that did not lie yet: its seat may be gone when it is back."""
        is_idle = not self.adversary.acted and self.plan.adversary != "stale"
        if endpoint == self.plan.byzantine and is_idle:
            return
        if self._stop(endpoint):
            self.trace.note(f"{endpoint} crashes")
            self.machines[endpoint].crash()
            self.crashes += 1

    def _submit(self, transaction: Decoded) -> None:
        """Hand a transaction to any node that runs; and, until it has lied, to the liar's: some lie
        with batches of their own alone."""
        if not self.processes:
            return
        chosen = [self._rng.choice(sorted(self.processes))]
        if not self.adversary.acted and self.plan.byzantine in self.processes:
            chosen.append(self.plan.byzantine)
        for process in [self.processes[endpoint] for endpoint in dict.fromkeys(chosen)]:
            self.enter(process, partial(process.submit, transaction))

    # -- the run ---------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Carry out the plan and judge what came of it."""
        try:
            with of_few_heights():
                return self._outcome(*self._judge())
        except Diverged as found:
            self.trace.note(f"diverged: {found}")
            return self._outcome(Verdict.DIVERGED, str(found))

    def _judge(self) -> tuple[Verdict, str]:
        for endpoint in range(self.plan.endpoints):
            self.start(endpoint)
        over_ms = self.failures.foretell()
        self._look_after_clients()
        self.loop.run_until(over_ms)
        self.failures.heal()
        if isinstance(self.adversary, Twin):
            self.adversary.calm = True
        reason = self._come_to_rest()
        self._check_all(settled=not reason)
        if reason:
            return Verdict.STALLED, reason
        return self._vacuous()

    def _look_after_clients(self) -> None:
        self.clients.look(self._final.__contains__)
        if not self.clients.are_done:
            self.loop.after(LOOK_MS, self._look_after_clients)

    def _honest(self) -> list[Process]:
        return [p for p in self.processes.values() if self.is_honest(p.machine)]

    def _come_to_rest(self) -> str:
        """Why the network did not; empty if it did. A Byzantine member may come out with another
        batch, and then all must come to rest once more."""
        reason = "not begun"
        for _ in range(1 if self.plan.adversary == "none" else MOST_WAKINGS):
            reason = self._settle()
            if reason:
                return reason
            height = self.agreement.height
            self.loop.run_until(self.loop.now_ms + REST_MS)
            reason = self._restless(height)
            if not reason:
                break
        return reason

    def _settle(self) -> str:
        reason, limit_ms = "not begun", self.loop.now_ms + HEAL_LIMIT_MS
        while reason and self.loop.now_ms < limit_ms:
            self.loop.run_until(self.loop.now_ms + 50)
            reason = self._unsettled()
        return reason

    def _unsettled(self) -> str:
        if not self.clients.are_done:
            left = sum(len(customer.queue) for customer in self.clients.customers)
            return f"{left} transactions are not final"
        down = [m.endpoint for m in self.machines if m.endpoint not in self.processes]
        if any(self.is_honest(self.machines[endpoint]) for endpoint in down):
            return f"nodes {down} are down"
        for process in self._honest() if self.plan.turnover else ():
            until_ms = None if self.plan.closes else process.machine.now_ms() + 2 * REST_MS
            reason = awaited(process.executor, until_ms)
            if reason:
                return reason
        late = [overdue(p.executor, p.machine.now_ms()) for p in self._honest()]
        return unrest(self._honest()) or "".join(late)

    def _restless(self, height: int) -> str:
        """Why the network did not stay at rest, with its pulse."""
        if self.plan.closes:
            return self._settle() or stirred(self.fullest(), height)
        if self.agreement.height != height:
            return f"idle at height {height}, then at {self.agreement.height}"
        for process in self._honest():
            beat = process.replica.engine.newest_beat
            if process.replica.me is None:
                continue
            if beat is None or beat.beat.height != height:
                return f"node {process.machine.endpoint} saw no beat of height {height}"
        return unrest(self._honest())

    def _check_all(self, *, settled: bool) -> None:
        # Whoever leaves takes no LiqBon back any more, so what was meant to be spent may not be.
        left = any(turn.change in ("leaves", "removed") for turn in self.plan.turnover)
        supply = self.market.supply if settled and not left else None
        for process in self._honest():
            check_certificates(self.setting, process.executor, all_of_them=settled)
            check_past(process.executor, all_of_it=settled)
            check_conserved(process.executor, supply)
            check_cycles(process.executor)
        final = self._final_intents()
        check_once((*self._acknowledged, *final) if settled else final, self.agreement.receipts)

    def _final_intents(self) -> list[bytes]:
        return [intent for intent in self.clients.intents if intent in self._final]

    def _vacuous(self) -> tuple[Verdict, str]:
        if self.agreement.height < FEWEST_COMMITS:
            return Verdict.VACUOUS, f"only {self.agreement.height} heights"
        if self.plan.turnover and len(self.setting.epochs) == 1:
            return Verdict.VACUOUS, "no epoch ended"
        if not self._injected():
            return Verdict.VACUOUS, "no fault was injected"
        if self.plan.adversary != "none" and not self.adversary.acted:
            return Verdict.VACUOUS, f"the {self.plan.adversary} never acted"
        return Verdict.AGREED, ""

    def _injected(self) -> int:
        return self.faults + self.crashes + sum(self.network.counts.values())

    def _outcome(self, verdict: Verdict, reason: str) -> Outcome:
        return Outcome(
            seed=self.plan.seed,
            verdict=verdict,
            reason=reason,
            members=self.plan.members,
            adversary=self.plan.adversary,
            height=self.agreement.height,
            transactions=len(self._final),
            faults=self._injected(),
            simulated_ms=self.loop.now_ms,
            digest=self.trace.digest,
        )
