"""An exported model: a folder with an ONNX file, its tokenizer, calibration and card."""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from heartsay.analysis import ModelStamp
from heartsay.calibration.bundle import Calibration
from heartsay.card import Card
from heartsay.errors import InputError, ModelError
from heartsay.evidence.packing import Pack, collate
from heartsay.evidence.readings import RawReading
from heartsay.evidence.tokens import TokenSettings, load_tokenizer
from heartsay.labels import EMOTIONS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

FORMAT = 1
"""Version of the folder's layout."""

DECISIVE = ("model.onnx", "tokenizer.json", "calibration.json")
"""Files that a reading depends on; the manifest, ``model.json``, lists the hash of each."""

_AHEAD = 4
"""Packs in work or waiting per core: enough that no core idles, few enough that memory stays flat."""

_Job = TypeVar("_Job")


class ExportedModel:
    """A model loaded from its folder; safe to use from several threads.

    Each pack is run by itself, several at a time, each on one core, so batch mates cannot move each other's
    readings by a digit. It is also faster than padded batches here, since nothing is spent on padding.

    Attributes:
        folder: where it was loaded from.
        labels: emotions in the order of its logits.
        language: of the talk that it was trained on, as a two-letter code.
        tokens: what its sequences look like.
        tokenizer: cuts text into its vocabulary.
        calibration: turns its scores into confidences.
        stamp: name, version and hash, as every analysis carries them.
        fingerprint: hash over everything that an analysis depends on.
    """

    def __init__(
        self,
        folder: Path,
        manifest: dict[str, Any],
        session: InferenceSession,
        tokenizer: Tokenizer,
        calibration: Calibration,
    ) -> None:
        self.folder = folder
        self.labels: tuple[str, ...] = tuple(manifest["labels"])
        self.language = str(manifest.get("language", "en"))
        self.tokens = TokenSettings.from_dict(manifest["tokens"])
        self.tokenizer = tokenizer
        self.calibration = calibration
        hashes: dict[str, str] = manifest["sha256"]
        self.stamp = ModelStamp(
            name=str(manifest["name"]), version=str(manifest["version"]), sha256=hashes["model.onnx"]
        )
        decisive = [manifest["tokens"], *(hashes[name] for name in DECISIVE)]
        self.fingerprint = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
        self._session = session
        self._pool = ThreadPoolExecutor(_cores(), thread_name_prefix="heartsay")

    @classmethod
    def load(cls, folder: str | Path) -> ExportedModel:
        """Load a model after checking that its files are there and are the ones that were exported.

        Raises:
            ModelError: a file is missing, changed or damaged, or the folder is of another format.
        """
        folder = Path(folder)
        manifest = _read_manifest(folder)
        for name, expected in manifest["sha256"].items():
            _check_hash(folder / name, expected)
        session = _open_session(folder / "model.onnx")
        tokenizer = load_tokenizer(folder / "tokenizer.json")
        path = folder / "calibration.json"
        try:
            calibration = Calibration.from_dict(json.loads(path.read_text("utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path} is not a calibration that can be read: {error}.") from error
        return cls(folder, manifest, session, tokenizer, calibration)

    @property
    def card(self) -> Card | None:
        """What the model is and how far it may be trusted; None where nobody has measured it yet.

        Raises:
            ModelError: its card is not one.
        """
        path = self.folder / "card.json"
        try:
            return Card.load(path) if path.exists() else None
        except InputError as error:
            raise ModelError(str(error)) from error

    def read(self, packs: Iterable[Pack]) -> list[RawReading]:
        """Emotion logits (R, 7) and pair log-odds (R, R) of each pack, in order.

        Raises:
            ModelError: the model gave numbers that are not finite.
        """
        return [raw for _, raw in self.stream((pack, pack) for pack in packs)]

    def stream(self, jobs: Iterable[tuple[_Job, Pack]]) -> Iterator[tuple[_Job, RawReading]]:
        """Read packs as they come, a few ahead of the one handed out, and give each with its job, in order.

        Raises:
            ModelError: the model gave numbers that are not finite.
        """
        return _in_order(self._pool, self._read_one, jobs, _AHEAD * _cores())

    def _read_one(self, pack: Pack) -> RawReading:
        names = ("tokens", "owner", "speaker")
        inputs = dict(zip(names, collate([pack], self.tokens.pad), strict=True))
        emotion, pair = self._session.run(["emotion", "pair"], inputs)
        if not (np.isfinite(emotion).all() and np.isfinite(pair).all()):
            raise ModelError(
                f"{self.folder / 'model.onnx'} gave numbers that are not finite; export it anew."
            )
        return emotion[0], pair[0]


def _in_order(
    pool: ThreadPoolExecutor,
    work: Callable[[Pack], RawReading],
    jobs: Iterable[tuple[_Job, Pack]],
    ahead: int,
) -> Iterator[tuple[_Job, RawReading]]:
    waiting: deque[tuple[_Job, Future[RawReading]]] = deque()
    try:
        for job, pack in jobs:
            waiting.append((job, pool.submit(work, pack)))
            if len(waiting) >= ahead:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        for _, future in waiting:
            future.cancel()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "model.json"
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ModelError(
            f"{folder} is not the folder of an exported model: model.json cannot be read"
            f" ({error.strerror}); make one with `heartsay export`."
        ) from error
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}); export the model anew.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else type(manifest).__name__
        raise ModelError(f"{path} is of format {found!r}, this version of Heartsay reads {FORMAT}.")
    wanted = {"name": str, "version": str, "labels": list, "tokens": dict, "sha256": dict}
    for key, kind in wanted.items():
        if not isinstance(manifest.get(key), kind):
            raise ModelError(f"{path} has no proper {key!r}; export the model anew.")
    if missing := [name for name in DECISIVE if name not in manifest["sha256"]]:
        raise ModelError(f"{path} states no hash of {', '.join(missing)}; export the model anew.")
    if tuple(manifest["labels"]) != EMOTIONS.names:
        raise ModelError(f"{path} names other emotions than {', '.join(EMOTIONS)}, in this order.")
    try:
        TokenSettings.from_dict(manifest["tokens"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} has no proper 'tokens' ({error!r}); export the model anew.") from error
    return manifest


def _check_hash(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); the model is incomplete.") from error
    if found != expected:
        raise ModelError(
            f"{path} is not the file that was exported: its SHA-256 starts with {found[:12]},"
            f" model.json says {str(expected)[:12]}; export or install the model anew."
        )


def _open_session(path: Path) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1  # packs run side by side, each on one core
    options.inter_op_num_threads = 1
    # A pattern is kept for every sequence length ever seen; without it, memory grows to the need of the
    # longest sequence and stays there.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    # Weights stored as int8 are restored to float once, when the model is loaded, not at every run.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library has its own exception types and raises many
        raise ModelError(f"{path} cannot be run: {str(error).splitlines()[0]}") from error
    inputs, outputs = (
        {value.name for value in values} for values in (session.get_inputs(), session.get_outputs())
    )
    if inputs != {"tokens", "owner", "speaker"} or not {"emotion", "pair"} <= outputs:
        raise ModelError(
            f"{path} takes {sorted(inputs)} and gives {sorted(outputs)};"
            " a model takes owner, speaker, tokens and gives emotion, pair."
        )
    return session
