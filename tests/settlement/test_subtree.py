"""Subtrees as members build them are those of the contracts, and prove every payment on both sides."""

from hypothesis import given
from hypothesis import strategies as st

from settlement.netting import is_in_cycle, new_cycle, position_from_word
from settlement.subtree import CycleTree, Subtree, is_in_subtree, payment_path
from tests.cycles import Trees, cycle_payments

_members = st.integers(1, 6)
_flows = st.lists(
    st.tuples(_members, _members, st.integers(1, 2**40)).filter(lambda flow: flow[0] != flow[1]), min_size=1
)


@given(_flows)
def test_members_build_the_cycle(flows: list[tuple[int, int, int]]) -> None:
    """From each member's own payments: root and positions of the whole, and a proof of each payment."""
    trees = Trees(payments=cycle_payments(flows))
    subtrees = {
        member: Subtree(member, [each for each in trees.payments if member in (each.payer, each.payee)])
        for member in trees.members
    }
    tree = CycleTree(subtree.summary for subtree in subtrees.values())
    positions = [summary.position for summary in tree.summaries]
    assert (trees.root, trees.positions) == (tree.root, positions)
    assert 0 == sum(position_from_word(word).net for word in positions)
    cycle = new_cycle(asset=840, proposer=1, number=1, valid_until=9, root=tree.root, positions=positions)
    assert (840, 1, 1, 9, tree.root, positions) == cycle.arguments
    for payment in trees.payments:
        paths = []
        for member in (payment.payer, payment.payee):
            summary = subtrees[member].summary
            index, path = subtrees[member].paths()[payment.payer, payment.counter]
            assert is_in_subtree(payment, summary, index=index, path=path)
            assert not is_in_subtree(payment, summary, index=index + 1, path=path)
            paths.append(payment_path(tree, summary, index=index, path=path))
        assert is_in_cycle(cycle, payment, of_payer=paths[0], of_payee=paths[1])
