"""Takes in together what several callers send at the same moment: one transaction for all of them.

Each waits for whoever is accepting anyway, so nobody waits longer for it; only the statements are fewer.
"""

from collections.abc import Sequence
from threading import Condition

from node.clock import Clock, Random
from node.errors import StoreFull, StoreUnavailable
from node.services.acceptance import faults_as_asked, take, take_all
from node.services.answers import Answer
from node.services.submissions import Submission
from node.settings import Settings
from node.store.session import Store

# What goes together: more would keep the first of them waiting.
REQUESTS_TOGETHER_MAX = 200


class _Waiting:
    """A submission whose caller waits, until it has an outcome."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.outcome: Answer | Exception | None = None


class Intake:
    """Where what the callers of a process send comes in: the first of them works for those behind it.

    No longer than there are callers' threads.
    """

    def __init__(self, store: Store, settings: Settings, clock: Clock, random: Random) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._random = random
        self._changed = Condition()
        self._waiting: list[_Waiting] = []
        self._busy = False

    def accept(self, submission: Submission) -> Answer:
        """Take payments as `acceptance.accept` does, and raise what it raises."""
        with faults_as_asked(submission):
            outcome = self._outcome(submission)
            if isinstance(outcome, Answer):
                return outcome
            raise outcome

    def _outcome(self, submission: Submission) -> Answer | Exception:
        mine = _Waiting(submission)
        with self._changed:
            self._waiting.append(mine)
        while mine.outcome is None:
            if group := self._next_group(mine):
                self._work(group)
        return mine.outcome

    def _next_group(self, mine: _Waiting) -> list[_Waiting]:
        """Return what to work on; nothing once somebody else has worked on `mine`."""
        with self._changed:
            while self._busy and mine.outcome is None:
                self._changed.wait()
            if mine.outcome is not None:
                return []
            self._busy = True
            count = together([each.submission for each in self._waiting])
            group, self._waiting = self._waiting[:count], self._waiting[count:]
            return group

    def _work(self, group: Sequence[_Waiting]) -> None:
        outcomes: Sequence[Answer | Exception] = [
            InterruptedError("whoever worked on this request was interrupted") for _ in group
        ]
        try:
            outcomes = self._taken([each.submission for each in group])
        finally:
            with self._changed:
                for each, outcome in zip(group, outcomes, strict=True):
                    each.outcome = outcome
                self._busy = False
                self._changed.notify_all()

    def _taken(self, submissions: Sequence[Submission]) -> Sequence[Answer | Exception]:
        """Return what became of each; a wrong one spoils it for nobody else."""
        if len(submissions) > 1:
            try:
                return take_all(self._store, self._settings, self._clock, self._random, submissions)
            except (StoreUnavailable, StoreFull) as error:
                return [error for _ in submissions]
            except Exception:  # noqa: BLE001, S110 - whose it is shows when each is taken alone
                pass
        return [self._alone(each) for each in submissions]

    def _alone(self, submission: Submission) -> Answer | Exception:
        try:
            return take(self._store, self._settings, self._clock, self._random, submission)
        except Exception as error:  # noqa: BLE001 - raised where its caller waits
            return error


def together(submissions: Sequence[Submission]) -> int:
    """Return how many of the first go together: of one kind, and not too much; one at least."""
    requests = 0
    for count, submission in enumerate(submissions):
        requests += len(submission.requests)
        if count and (requests > REQUESTS_TOGETHER_MAX or submission.kind is not submissions[0].kind):
            return count
    return len(submissions)
