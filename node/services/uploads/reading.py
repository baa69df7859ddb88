"""Reading a file in the background: all of it is checked, and only then any of it taken, part by part.

A part is taken once, whoever reads the file and however often it is begun again: each has a key of its own.
"""

from collections.abc import Generator, Iterator, Sequence

import orjson

from node.clock import Clock, Random
from node.errors import DuplicateUetr, QueueFull, RequestRefused
from node.services.acceptance import take
from node.services.accepted import write_file
from node.services.answers import Answer, Request, first_answer, keep_answer
from node.services.audit import append_audit
from node.services.files import file_faults, new_file, sender_of, whole_fault
from node.services.foreseeing import UNKEYED, check
from node.services.incoming_files import FileForm, OpenedFile, open_parts
from node.services.submissions import FAULTS_MAX, FaultyRequests, FilePart, NewFile, Submission
from node.services.uploads.progress import (
    Upload,
    UploadState,
    end,
    note,
    pieces,
    refuse,
    refused_between,
)
from node.services.uploads.receiving import received
from node.settings import Settings
from node.store.session import Store
from settlement.errors import Fault, FaultyMessage, InvalidMessage, UnresolvedParty
from settlement.instruction import InstructionKind
from settlement.iso20022.schema import Schemas

# While a part is taken nobody else is: few enough that a payment that comes meanwhile waits little.
PART_PAYMENTS = 250


class Reading:
    """Reads one file as one reader; each step checks or takes a part, and tells whether it could."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        random: Random,
        schemas: Schemas | None,
        *,
        upload: Upload,
        reader: str,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._random = random
        self._schemas = schemas
        self._upload = upload
        self._reader = reader
        self._uetrs: set[str] = set()

    def steps(self) -> Iterator[bool]:
        """Go on where the file stands; a step that waits for room in the outbox yields False."""
        if self._upload.state is UploadState.CHECKING and not (yield from self._check()):
            return
        yield from self._take()

    def _parts(self) -> Iterator[OpenedFile]:
        return open_parts(
            self._settings,
            FileForm(self._upload.form),
            pieces(self._store, self._upload.id),
            schemas=self._schemas,
            body_digest=self._upload.body_digest,
            size=min(PART_PAYMENTS, self._settings.payments_max),
        )

    def _check(self) -> Generator[bool, None, bool]:
        """Check every part; return whether the file is to be taken."""
        wrong: list[Fault] = []
        read: tuple[Fault, ...] = ()
        count = 0
        opened = None
        try:
            for opened in self._parts():
                read = opened.faults
                wrong += self._wrong_with(opened)
                count += len(opened.requests)
                if len(read) + len(wrong) >= FAULTS_MAX:
                    break
                self._note(checked=count)
                yield True
        except FaultyMessage as error:
            read = error.faults
        except InvalidMessage as error:
            read = (whole_fault(error),)
        faults = sorted((*read, *wrong), key=_place)[:FAULTS_MAX]
        if faults or opened is None:
            self._refuse(faults)
            return False
        return self._begin(opened, count)

    def _wrong_with(self, opened: OpenedFile) -> Sequence[Fault]:
        """Return what the participants, the time and the bank's rules say against a part."""
        if not opened.requests:
            return ()
        repeated = self._repeated(opened)
        try:
            check(self._store, self._settings, self._clock, self._random, self._submission(opened, UNKEYED))
        except FaultyRequests as found:
            return [*repeated, *file_faults(opened, found)]
        return repeated

    def _repeated(self, opened: OpenedFile) -> list[Fault]:
        """Return where a part has a UETR of an earlier part; in messages the reader sees it itself."""
        faults: list[Fault] = []
        if self._upload.form == FileForm.XML:
            return faults
        given = [(index, request.uetr) for index, request in enumerate(opened.requests) if request.uetr]
        for index, uetr in given:
            if uetr in self._uetrs:
                detail = f"the UETR {uetr} stands twice in this file"
                faults.append(opened.fault(index, DuplicateUetr(detail, param="uetr")))
        self._uetrs |= {uetr for _, uetr in given}
        return faults

    def _begin(self, opened: OpenedFile, count: int) -> bool:
        """Write that the file is accepted, unless it was before; return whether it is to be taken."""
        try:
            sender = sender_of(self._store, self._settings, opened.sender)
            file = new_file(opened, sender, self._upload.id)
            return self._accept(file, count)
        except (RequestRefused, UnresolvedParty) as error:
            self._refuse([whole_fault(error)])
            return False

    def _accept(self, file: NewFile, count: int) -> bool:
        at = int(self._clock.now())
        with self._store.transaction() as connection:
            answered = first_answer(connection, file.request)
            if answered is not None:
                state, known = UploadState.ACCEPTED, orjson.loads(answered.body)["file_id"]
                end(connection, self._upload, self._reader, state, at=at, repeats=known)
                return False
            write_file(connection, file, count, created_by=self._upload.actor, at=at)
            keep_answer(connection, file.request, Answer(status=202, body=received(file.id)), at=at)
            state = UploadState.TAKING
            note(connection, self._upload, self._reader, at=at, state=state.value, transactions=count)
        return True

    def _take(self) -> Iterator[bool]:
        for opened in self._parts():
            done = opened.places[-1][0] + 1 if opened.places else 0
            if done <= self._upload.taken:
                continue
            while not self._take_part(opened):
                yield False
            self._note(taken=done)
            yield True
        with self._store.transaction() as connection:
            end(connection, self._upload, self._reader, UploadState.ACCEPTED, at=int(self._clock.now()))

    def _take_part(self, opened: OpenedFile) -> bool:
        """Take what of a part can still be taken; return whether there was room for it."""
        first, last = opened.places[0][0], opened.places[-1][0]
        gone = refused_between(self._store, self._upload.id, first, last + 1)
        left = [index for index, (position, _) in enumerate(opened.places) if position not in gone]
        key = Request(actor=f"file {self._upload.id}", key=str(first), digest=self._upload.body_digest)
        while left:
            part = opened.only(left)
            try:
                take(self._store, self._settings, self._clock, self._random, self._submission(part, key))
            except (QueueFull, DuplicateUetr):
                return False
            except FaultyRequests as found:
                wrong = {index for index, _ in found.faults}
                asked = [part.requests[index] for index, _ in found.faults]
                refused = zip(file_faults(part, found), asked, strict=True)
                refuse(self._store, self._upload.id, refused, at=int(self._clock.now()))
                left = [position for index, position in enumerate(left) if index not in wrong]
            else:
                break
        return True

    def _submission(self, opened: OpenedFile, key: Request) -> Submission:
        return Submission(
            request=key,
            asked_by=self._upload.actor,
            entered_by=self._upload.entered_by,
            kind=InstructionKind.PAYMENT,
            requests=opened.requests,
            file=FilePart(id=self._upload.id, positions=[position for position, _ in opened.places]),
        )

    def _note(self, **values: int) -> None:
        with self._store.transaction() as connection:
            note(connection, self._upload, self._reader, at=int(self._clock.now()), **values)

    def _refuse(self, faults: Sequence[Fault]) -> None:
        upload, at = self._upload, int(self._clock.now())
        with self._store.transaction() as connection:
            end(connection, upload, self._reader, UploadState.REFUSED, at=at, faults=faults)
            append_audit(
                connection,
                at=at,
                actor=upload.actor,
                action="file_refused",
                subject=upload.id,
                detail={"faults": len(faults), "first": faults[0].code if faults else ""},
            )


def _place(fault: Fault) -> int:
    return -1 if fault.transaction is None else fault.transaction
