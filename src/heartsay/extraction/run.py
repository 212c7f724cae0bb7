"""A store of features out of clips, in parts, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from heartsay.atomic import in_words, lock, remove_leftovers
from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.clips import ClipLayout, Clips
from heartsay.errors import HeartsayError
from heartsay.evidence.store import FORMAT, MANIFEST, PARTS, Feature, Problem, Rows, Store, read_store
from heartsay.evidence.store_files import digest, write_index, write_manifest, write_split
from heartsay.extraction.clip import describe
from heartsay.extraction.encoders import Chosen
from heartsay.extraction.parts import Part, read_part, write_part
from heartsay.limits import changed
from heartsay.progress import Report, Row, silent

PART = 200
"""Utterances that are described between two states that survive a kill."""


def extract(
    clips: Clips, layout: ClipLayout, chosen: Chosen, folder: Path, report: Report = silent
) -> tuple[Store, bool]:
    """Describe the clips of a corpus and write what was found as a store.

    Args:
        clips: utterances and their files.
        layout: whose they are.
        chosen: what describes them.
        folder: of the store; made where it is not there. A run that was stopped there goes on.
        report: progress callback.

    Returns:
        The store, and whether it was there already, made of the same.

    Raises:
        HeartsayError: the folder holds a store of something else, another run writes it, or it cannot be
            written.
        MissingDependencyError: PyAV is not installed.
    """
    key = _key(clips, layout, chosen)
    if (folder / MANIFEST).exists():
        store = read_store(folder)
        if store.key != key:
            raise HeartsayError(
                f"{folder} holds a store of other clips, of other features or by other versions; name another"
                " folder with --out."
            )
        shutil.rmtree(folder / PARTS, ignore_errors=True)  # of a run that was killed at its very end
        return store, True
    words = _words(clips, chosen)
    with in_words(folder):
        (folder / PARTS).mkdir(parents=True, exist_ok=True)
    with (folder / PARTS / "lock").open("wb") as held:
        lock(held, folder)
        remove_leftovers(folder / PARTS)
        parts = _parts(clips, chosen, folder / PARTS, key, report)
        texts = _text_rows(words, chosen, folder / PARTS, report)
        store = _write(clips, layout, chosen, folder, key, parts, texts)
        shutil.rmtree(folder / PARTS)
    return store, False


def _key(clips: Clips, layout: ClipLayout, chosen: Chosen) -> str:
    """A hash of all that a store depends on: clips by name and size, what is said of them, and encoders."""
    content: list[Any] = [FORMAT, layout.name, [[f.name, f.encoder, f.version] for f in chosen.features]]
    content += [changed()] if changed() else []
    for split, conversation, utterance in _utterances(clips):
        path = clips.files.get(utterance.id)
        size = None if path is None else (clips.source / path).stat().st_size
        content.append([split, conversation.id, utterance.id, utterance.speaker, utterance.emotion])
        content.append([utterance.text if chosen.texts else None, str(path), size])
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _utterances(clips: Clips) -> Iterator[tuple[str, Conversation, Utterance]]:
    for split, talk in clips.splits.items():
        for conversation in talk:
            for utterance in conversation.utterances:
                yield split, conversation, utterance


def _parts(clips: Clips, chosen: Chosen, folder: Path, key: str, report: Report) -> dict[str, list[Part]]:
    """Every part by split, described or as it was kept."""
    ids: dict[str, list[str]] = {}
    for split, _, utterance in _utterances(clips):
        ids.setdefault(split, []).append(utterance.id)
    features = [feature for feature in chosen.features if feature.name not in chosen.texts]
    row: Row = {"message": "Describing clips", "unit": "clips", "of": sum(map(len, ids.values()))}
    done, parts = 0, dict[str, list[Part]]()
    for split, own in ids.items():
        for start in range(0, len(own), PART):
            some = own[start : start + PART]
            paths = [clips.source / clips.files[id_] if id_ in clips.files else None for id_ in some]
            path, state = folder / f"{split}-{start}.safetensors", _state(key, paths)
            part = read_part(path, state)
            if part is None:
                described = []
                for clip in paths:
                    described.append(describe(clip, chosen))
                    report({**row, "done": done + len(described)})
                part = write_part(path, state, described, features)
            parts.setdefault(split, []).append(part)
            done += len(some)
            report({**row, "done": done})
    return parts


def _state(key: str, paths: Sequence[Path | None]) -> str:
    """A hash of what a part is made of, when the files were last changed included."""
    changed = [None if path is None else path.stat().st_mtime_ns for path in paths]
    return hashlib.sha256(json.dumps([key, changed]).encode()).hexdigest()


def _words(clips: Clips, chosen: Chosen) -> dict[str, str]:
    """What is said in each utterance that has words, by its id, where something reads words."""
    texts = {u.id: u.text for _, _, u in _utterances(clips) if u.text} if chosen.texts else {}
    if chosen.texts and not texts:
        name = next(iter(chosen.texts))
        raise HeartsayError(
            f"{name}: no utterance has words; give a transcript with --transcript, or leave {name} out."
        )
    return texts


def _text_rows(
    words: Mapping[str, str], chosen: Chosen, folder: Path, report: Report
) -> dict[str, dict[str, Rows]]:
    """By text feature, a row for each utterance that has words, by its id."""
    if not words:
        return {}
    from heartsay.training.text_features import cached_text_vectors

    found = {}
    for name, encoder in chosen.texts.items():
        vectors = cached_text_vectors(words, encoder, folder / f"{name}.npz", report=report)
        found[name] = {id_: row[None] for id_, row in vectors.items()}
    return found


def _write(
    clips: Clips,
    layout: ClipLayout,
    chosen: Chosen,
    folder: Path,
    key: str,
    parts: Mapping[str, Sequence[Part]],
    texts: Mapping[str, Mapping[str, Rows]],
) -> Store:
    features = {f.name: f for f in chosen.features}
    for name, vectors in texts.items():
        features[name] = replace(features[name], width=next(iter(vectors.values())).shape[1])
    index: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for split in clips.splits:
        own = [(c, u) for found, c, u in _utterances(clips) if found == split]
        records = [record for part in parts[split] for record in part.records]
        for (_, utterance), record in zip(own, records, strict=True):
            problems += _problems(utterance, record, clips, texts)
        for feature in features.values():
            absent = np.zeros((0, feature.width), np.float32)
            rows = (
                [texts[feature.name].get(u.id, absent) for _, u in own]
                if feature.name in texts
                else [rows for part in parts[split] for rows in part.rows(feature.name)]
            )
            write_split(folder / split, feature.name, rows, feature.width)
            index += [
                _index_row(split, *of, clips.files.get(of[1].id), record, feature, values)
                for of, record, values in zip(own, records, rows, strict=True)
            ]
    problems += [Problem("strange", None, p.as_posix(), "a file of no utterance") for p in clips.strange]
    problems += [
        Problem("repeated", None, p.as_posix(), "a further file of an utterance; the first by name was read")
        for p in clips.repeated
    ]
    classes = layout.labels.names if layout.labels else ()
    store = Store(
        folder, layout.name, layout.licence, classes, features, tuple(clips.splits), tuple(problems), key
    )
    write_index(folder, index)
    write_manifest(store)
    return store


def _problems(
    utterance: Utterance,
    record: Mapping[str, Any],
    clips: Clips,
    texts: Mapping[str, Mapping[str, Rows]],
) -> list[Problem]:
    path = clips.files.get(utterance.id)
    where = None if path is None else path.as_posix()
    found = [Problem(kind, utterance.id, where, what, feature) for kind, what, feature in record["problems"]]
    wordless = [name for name, rows in texts.items() if utterance.id not in rows]
    return found + [Problem("wordless", utterance.id, where, "no words", name) for name in wordless]


def _index_row(
    split: str,
    conversation: Conversation,
    utterance: Utterance,
    path: Path | None,
    record: Mapping[str, Any],
    feature: Feature,
    values: Rows,
) -> dict[str, Any]:
    lacking = [what for _, what, name in record["problems"] if name in (None, feature.name)]
    return {
        "split": split,
        "conversation": conversation.id,
        "utterance": utterance.id,
        "speaker": utterance.speaker,
        "emotion": utterance.emotion,
        "path": None if path is None else path.as_posix(),
        "clip_sha256": record["sha256"],
        "sample_rate": record["rate"],
        "seconds": record["seconds"],
        "feature": feature.name,
        "encoder": feature.encoder,
        "version": feature.version,
        "rows": len(values),
        "row_sha256": digest(values) if len(values) else None,
        "problem": "; ".join(lacking) or None,
    }
