"""Which letter is worked on by what."""

from collections.abc import Mapping

from node.services.cycles.calling import take_refusal, take_report, take_summary
from node.services.cycles.gross import take_gross, take_withdrawal
from node.services.cycles.membership import take_call, take_list
from node.services.cycles.subtrees import take_close, take_paths, take_proposal
from node.services.cycles.words import Kind
from node.services.letters.taking import Handler

HANDLERS: Mapping[str, Handler] = {
    Kind.GROSS_PAYMENTS: take_gross,
    Kind.GROSS_WITHDRAWAL: take_withdrawal,
    Kind.CALL: take_call,
    Kind.LIST: take_list,
    Kind.REPORT: take_report,
    Kind.CLOSE: take_close,
    Kind.PATHS: take_paths,
    Kind.SUMMARY: take_summary,
    Kind.PROPOSAL: take_proposal,
    Kind.REFUSAL: take_refusal,
}
