"""What partners decide, how they voted and who applies read as the documents describe them."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace

from client import views
from client.render import action_view, event_view
from client.render_governance import (
    KINDS,
    PARTNER_STATES,
    PROPOSAL_STATES,
    ROLES,
    application_view,
    member_views,
    proposal_view,
)
from client.render_measures import measure_view
from primitives.actions import PartnerRegister, ProgrammeSetTerms, Propose
from primitives.address import address
from primitives.governance import (
    AdmitPartner,
    AssignCustodian,
    Ballot,
    DecideDispute,
    Declare,
    Measure,
    Planned,
    Proposal,
    ProposalStatus,
    Protocol,
    RemovePartner,
    ReplaceAdmin,
    SetCustodian,
    SetJudge,
    SetLimits,
    SetProtocol,
    ShareObligation,
    SharePosition,
    VotedLimits,
)
from primitives.membership import (
    Application,
    Member,
    Membership,
    PartnerKind,
    PartnerStatus,
    Role,
    Seat,
    application_id,
)
from primitives.receipt import Outcome, ProposalMoved, ProtocolPlanned
from tests.builders import GENESIS_TIME, a_person

ANN, BOB = a_person("ann"), a_person("bob")
ID = bytes(range(32))
VOTED = VotedLimits(1_000_000, 2_000_000, 500, 3_000_000)
WISH = Application(
    "inn",
    "The Inn",
    "EUR",
    PartnerKind.SERVICE,
    ANN.account,
    BOB.account,
    "vault",
    Seat(ID, bytes(64)),
    1_000_000,
    2,
)

MEASURES: list[tuple[Measure, type]] = [
    (AdmitPartner(ANN.account, ID, VOTED), views.AdmitPartnerView),
    (RemovePartner("north"), views.RemovePartnerView),
    (ReplaceAdmin("north", ANN.account), views.ReplaceAdminView),
    (SetLimits("north", VOTED), views.SetLimitsView),
    (SetCustodian("safe", "The Safe", ANN.account, None), views.SetCustodianView),
    (AssignCustodian("north", "safe"), views.AssignCustodianView),
    (SetJudge("safe"), views.SetJudgeView),
    (DecideDispute(1, 0, paid=False), views.DecideDisputeView),
    (ShareObligation(2**32 - 1, 98), views.ShareObligationView),
    (SharePosition("north", 1), views.SharePositionView),
    (SetProtocol(2, 9), views.SetProtocolView),
    (Declare(ID, ""), views.DeclareView),
]


def test_no_measure_is_left_out() -> None:
    assert [type(measure) for measure, _ in MEASURES] == list(get_args(Measure))
    assert [kind for _, kind in MEASURES] == list(get_args(views.MeasureView))


@pytest.mark.parametrize(("measure", "kind"), MEASURES)
def test_every_measure_is_a_document_of_its_own_fields(measure: Measure, kind: type) -> None:
    """Whatever is voted on is shown: a field that were forgotten would be missed here."""
    view = measure_view(measure, "tlqb")
    assert isinstance(view, kind)
    assert msgspec.json.decode(msgspec.json.encode(view), type=views.MeasureView) == view
    names = [{"account": "address"}.get(name, name) for name in measure.__struct_fields__]
    assert list(view.__struct_fields__) == names


def test_a_proposal_to_admit_names_the_applicant_the_words_and_the_limits() -> None:
    view = action_view(Propose("north", AdmitPartner(ANN.account, ID, VOTED)), "lqb")
    assert isinstance(view, views.ProposeView)
    measure = view.measure
    assert isinstance(measure, views.AdmitPartnerView)
    assert (measure.applicant, measure.application) == (address(ANN.account, "lqb"), ID.hex())
    assert measure.limits == views.VotedLimitsView(
        credit="1", reserve_ceiling="2", haircut_basis_points=500, claim_bound="3"
    )


def test_an_application_is_shown_in_its_own_words_and_under_the_id_that_a_vote_names() -> None:
    view = application_view(BOB.account, WISH, "lqb", taken=False)
    assert view.application == application_id(BOB.account, WISH).hex()
    assert (view.address, view.taken) == (address(BOB.account, "lqb"), False)
    applicant = view.applicant
    assert (applicant.code, applicant.name, applicant.kind) == ("inn", "The Inn", "service")
    assert (applicant.issuer, applicant.cashier) == (
        address(ANN.account, "lqb"),
        address(BOB.account, "lqb"),
    )
    assert (applicant.mint_per_day, applicant.refund_per_day) == ("1", "0.000002")
    assert (applicant.custodian, applicant.validator) == ("vault", ID.hex())
    action = action_view(PartnerRegister(WISH), "lqb")
    assert action == views.PartnerRegisterView(applicant=applicant)


PROPOSAL = Proposal(
    proposer="north",
    measure=RemovePartner("west"),
    electors=("north", "east", "south"),
    needed=3,
    approved=1,
    opposed=1,
    status=ProposalStatus.OPEN,
    opened=GENESIS_TIME,
    decided=0,
    deadline=GENESIS_TIME + 1_000,
    obstacle=0,
)


def test_an_open_proposal_says_who_voted_how_and_who_did_not() -> None:
    ballots = {"north": Ballot(approve=True), "east": Ballot(approve=False), "south": None}
    view = proposal_view(ID, PROPOSAL, ballots, "lqb")
    assert [(each.partner, each.approves) for each in view.electors] == [
        ("north", True),
        ("east", False),
        ("south", None),
    ]
    assert (view.status, view.needed, view.approved, view.opposed) == ("open", 3, 1, 1)
    assert (view.opened, view.decided) == ("2026-11-01T00:00:00.000Z", None)
    assert (view.deadline, view.ended) == ("2026-11-01T00:00:01.000Z", None)
    assert view.obstacle is None
    assert view.measure == views.RemovePartnerView(partner="west")


def test_a_passed_proposal_says_when_it_is_carried_out_and_one_that_is_over_says_no_time() -> None:
    passed = replace(PROPOSAL, status=ProposalStatus.PASSED, decided=GENESIS_TIME + 5)
    view = proposal_view(ID, passed, {}, "lqb")
    assert (view.decided, view.deadline) == (
        "2026-11-01T00:00:00.005Z",
        "2026-11-01T00:00:01.000Z",
    )
    void = replace(passed, status=ProposalStatus.VOID, obstacle=int(Outcome.LAST_PARTNER))
    view = proposal_view(ID, void, {}, "lqb")
    assert (view.status, view.deadline, view.obstacle) == ("void", None, "last_partner")
    assert view.ended == "2026-11-01T00:00:01.000Z", "when it would have been carried out"
    rejected = replace(PROPOSAL, status=ProposalStatus.REJECTED, decided=GENESIS_TIME + 7)
    assert proposal_view(ID, rejected, {}, "lqb").ended == "2026-11-01T00:00:00.007Z"


def test_the_event_of_a_proposal_names_an_obstacle_only_where_there_was_one() -> None:
    done = event_view(ProposalMoved(ID, ProposalStatus.EXECUTED, Outcome.DONE), "lqb")
    void = event_view(ProposalMoved(ID, ProposalStatus.VOID, Outcome.ROLE_INVALID), "lqb")
    assert isinstance(done, views.ProposalMovedView)
    assert isinstance(void, views.ProposalMovedView)
    assert (done.obstacle, void.obstacle) == (None, "role_invalid")


def test_a_planned_protocol_says_from_which_height_on() -> None:
    view = event_view(ProtocolPlanned(Protocol(1, Planned(2, 90))), "lqb")
    assert view == views.ProtocolPlannedView(
        version=1, planned=views.PlannedView(version=2, from_height=90)
    )
    settled = event_view(ProtocolPlanned(Protocol(3, None)), "lqb")
    assert settled == views.ProtocolPlannedView(version=3, planned=None)


def test_seats_are_shown_in_the_order_of_admission() -> None:
    members = (Member("north", ID), Member("east", bytes(32)))
    shown = member_views(Membership(members, -1, -1))
    assert [(seat.partner, seat.validator) for seat in shown] == [
        ("north", ID.hex()),
        ("east", bytes(32).hex()),
    ]


def test_terms_that_start_when_notice_is_over_name_no_time() -> None:
    view = action_view(ProgrammeSetTerms("north", "miles", ID, "", 0), "lqb")
    assert isinstance(view, views.ProgrammeSetTermsView)
    assert view.since is None


def test_every_kind_role_and_status_has_its_name() -> None:
    assert {kind: kind.text for kind in PartnerKind} == KINDS
    assert {status: status.text for status in PartnerStatus} == PARTNER_STATES
    assert {role: role.text for role in Role} == ROLES
    assert {status: status.text for status in ProposalStatus} == PROPOSAL_STATES
