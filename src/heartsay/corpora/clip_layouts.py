"""How corpora name the clips of their utterances: MELD, ECF, IEMOCAP, CREMA-D, and a folder of one's own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation, Utterance
from heartsay.corpora import crema_d, ecf, meld, registry
from heartsay.corpora.clips import WHOLE, ClipLayout, Splits, split_of
from heartsay.corpora.crema_d_folds import actor_splits
from heartsay.corpora.refusal import refuse
from heartsay.evidence.corpus import SPLITS
from heartsay.extension import is_reference, load, unknown_name
from heartsay.formats import read_all
from heartsay.labels import CREMA_D, EMOTIONS, IEMOCAP

_MELD = re.compile(r"dia(\d+)_utt(\d+)")
_ECF = re.compile(r"dia(\d+)_?utt(\d+)")
_IEMOCAP = re.compile(r"Ses\d\d[FM]_\w+_[FM]\d+")
_IEMOCAP_LABEL = re.compile(r"\[[\d. -]+\]\s+(Ses\w+)\s+([a-z]{3})\s")
_IEMOCAP_NAMES = {name[:3]: name for name in IEMOCAP}
_TEST_SESSION, _DEVELOPMENT_SESSION = "Ses05", "Ses01"


def layout(name: str, transcript: Path | None = None) -> ClipLayout:
    """The layout of a name.

    Args:
        name: one of `LAYOUTS`, or `module:NAME` of one of a user's own.
        transcript: for `folder`, a file or folder of conversations whose utterances' ids name the clips.

    Raises:
        InputError: no such layout, or a transcript for one that has its own.
    """
    if name not in LAYOUTS and not is_reference(name):
        raise unknown_name(name, LAYOUTS, "a corpus of clips")
    found = LAYOUTS[name] if name in LAYOUTS else load(name, ClipLayout, "a corpus of clips")
    if transcript is None:
        return found
    if found is not FOLDER:
        do = "leave it out, or name the corpus folder"
        refuse("--transcript", f"none, since {found.title} has its own", str(transcript), do)
    return replace(found, read=partial(_read_transcript, transcript), labels=EMOTIONS)


def _published(corpus: registry.Corpus, source: Path, splits: Collection[str]) -> Splits:
    """A corpus's own conversations, from the folder of the clips if its files lie there."""
    here = {split: source / file for split, file in corpus.files.items() if split in splits}
    return {
        split: corpus.read(path, split) if path.is_file() else registry.load(corpus, split)
        for split, path in here.items()
    }


def _read_meld(source: Path, names: Sequence[Path]) -> Splits:
    return _published(meld.MELD, source, {split_of(path) or "" for path in names})


def _meld_utterance(path: Path) -> str | None:
    match, split = _MELD.fullmatch(path.stem), split_of(path)
    return f"{split}_dia{match[1]}_utt{match[2]}" if match and split else None


def _read_ecf(source: Path, _: Sequence[Path]) -> Splits:
    def named(conversation: Conversation) -> Conversation:
        number = conversation.id.rpartition("_")[2]
        turns = (replace(u, id=f"dia{number}utt{u.id}") for u in conversation.utterances)
        return replace(conversation, utterances=tuple(turns))

    return {split: [named(c) for c in talk] for split, talk in _published(ecf.ECF, source, SPLITS).items()}


def _ecf_utterance(path: Path) -> str | None:
    match = _ECF.fullmatch(path.stem)
    return f"dia{match[1]}utt{match[2]}" if match else None


def _read_iemocap(source: Path, _: Sequence[Path]) -> Splits:
    """Session 5 is the test split, session 1 the development split, as they are of the feature files."""
    transcripts = [path for path in sorted(source.rglob("Ses*.txt")) if path.parent.name == "transcriptions"]
    if not transcripts:
        do = "name the folder that holds Session1 to Session5 as published"
        refuse(source, "IEMOCAP's dialog/transcriptions", "none", do)
    splits: Splits = {split: [] for split in SPLITS}
    for path in transcripts:
        labels = _iemocap_labels(path.parent.parent / "EmoEvaluation" / path.name)
        for conversation in read_all(path, "iemocap"):
            turns = (replace(u, emotion=labels.get(u.id)) for u in conversation.utterances)
            split = {_TEST_SESSION: "test", _DEVELOPMENT_SESSION: "dev"}.get(path.stem[:5], "train")
            splits[split].append(replace(conversation, id=path.stem, utterances=tuple(turns)))
    return splits


def _iemocap_labels(path: Path) -> dict[str, str]:
    """The majority's label by utterance, of those six that the field uses."""
    if not path.is_file():
        refuse(path, "IEMOCAP's labels of this dialogue", "no such file", "use the corpus as published")
    found = _IEMOCAP_LABEL.findall(path.read_text("utf-8", "replace"))
    return {id_: _IEMOCAP_NAMES[code] for id_, code in found if code in _IEMOCAP_NAMES}


def _iemocap_utterance(path: Path) -> str | None:
    return path.stem if _IEMOCAP.fullmatch(path.stem) else None


def _read_crema_d(source: Path, _: Sequence[Path]) -> Splits:
    """Each clip a conversation; actors are dealt to the splits as for the voice expert, fold 0."""
    splits: Splits = {split: [] for split in SPLITS}
    dealt = actor_splits(crema_d.read_genders())
    for name, ratings in sorted(crema_d.read_ratings().items()):
        actor = crema_d.actor_and_acted(name)[0]
        heard = crema_d.most_chosen(ratings["voice"].votes) if "voice" in ratings else None
        turn = Utterance(name, actor, None, emotion=heard)
        splits[dealt[actor]].append(Conversation(name, (turn,), source=str(source)))
    return splits


def _read_folder(source: Path, names: Sequence[Path]) -> Splits:
    """A conversation is a folder, in the order of the files' names; nobody knows who speaks."""
    talk: dict[tuple[str, str], list[str]] = {}
    for path in names:
        key = (split_of(path) or WHOLE, str(path.parent) if path.parent.name else source.resolve().name)
        turns = talk.setdefault(key, [])
        if (id_ := _own_utterance(path)) not in turns:
            turns.append(id_)
    splits: Splits = {}
    for (split, name), ids in talk.items():
        turns_of = tuple(Utterance(id_, UNKNOWN_SPEAKER, None) for id_ in ids)
        splits.setdefault(split, []).append(Conversation(name, turns_of, source=str(source)))
    return splits


def _read_transcript(transcript: Path, source: Path, names: Sequence[Path]) -> Splits:
    """Conversations of a user's own, whose utterances' ids are the clips' names.

    The id of an utterance is then the path of its clip; where it has none, the id as the transcript has it.
    """
    by_stem: dict[str, list[Path]] = {}
    for path in names:
        by_stem.setdefault(path.stem, []).append(path)
    talk = list(read_all(transcript))
    often = Counter(u.id for c in talk for u in c.utterances)
    splits: Splits = {}
    for conversation in talk:
        turns, found = [], set()
        for utterance in conversation.utterances:
            paths = by_stem.get(utterance.id, [])
            if often[utterance.id] > 1 or len({_own_utterance(path) for path in paths}) > 1:
                # Ids such as 1, 2, 3 are those of every conversation; its folder tells whose they are.
                own = conversation.id.rpartition("/")[2]
                paths = [path for path in paths if path.parent.name == own]
            found |= {split_of(path) or WHOLE for path in paths}
            id_ = _own_utterance(paths[0]) if paths else f"{conversation.id}/{utterance.id}"
            turns.append(replace(utterance, id=id_))
        if len(found) > 1:
            do = "put all clips of a conversation under one split"
            refuse(f"conversation {conversation.id}", "one split", ", ".join(sorted(found)), do)
        split = found.pop() if found else WHOLE
        splits.setdefault(split, []).append(replace(conversation, utterances=tuple(turns)))
    return splits


def _own_utterance(path: Path) -> str:
    return path.with_suffix("").as_posix()


FOLDER = ClipLayout("folder", "a folder of clips", "your own", None, _read_folder, _own_utterance)

LAYOUTS: dict[str, ClipLayout] = {
    found.name: found
    for found in (
        ClipLayout(
            "meld",
            "MELD",
            meld.MELD.licence,
            EMOTIONS,
            _read_meld,
            _meld_utterance,
        ),
        ClipLayout("ecf", "ECF", ecf.ECF.licence, EMOTIONS, _read_ecf, _ecf_utterance),
        ClipLayout(
            "iemocap",
            "IEMOCAP",
            "IEMOCAP's own licence, by request from its makers",
            IEMOCAP,
            _read_iemocap,
            _iemocap_utterance,
        ),
        ClipLayout(
            "crema-d",
            "CREMA-D",
            "ODbL 1.0, contents DbCL 1.0",
            CREMA_D,
            _read_crema_d,
            lambda path: path.stem,
        ),
        FOLDER,
    )
}
"""By name."""
