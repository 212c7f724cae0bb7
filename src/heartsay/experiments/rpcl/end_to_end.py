"""The two methods that train the encoder along: the packed-dialogue model as it comes along, and with RPCL.

Training takes up to half an hour of a core per run, so it is a step of its own; what is finished is read as
runs over cached vectors are, and measured alike.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from heartsay.atomic import write_text
from heartsay.conversation import Conversation
from heartsay.corpora import load
from heartsay.evidence import views
from heartsay.evidence.corpus import LabelledConversation, all_pairs, reading_of
from heartsay.evidence.labels import LabelledPack, label_packs
from heartsay.evidence.packing import Pack
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import assemble, one_row_each, plan, with_gold
from heartsay.evidence.tokens import TokenSettings, word_evidence
from heartsay.experiments.configurations import packed
from heartsay.experiments.release.manifest import sha256
from heartsay.experiments.rpcl.plan import PACKED
from heartsay.experiments.rpcl.work import write_spoilt
from heartsay.experiments.study import Place, Run
from heartsay.labels import EMOTIONS
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.objectives.rpcl import FULL
from heartsay.training.configuration import Configuration
from heartsay.training.examples import development_data, load_training_data
from heartsay.training.run_folder import RunFolder
from heartsay.training.spoilt_packs import free_rows, spoil
from heartsay.training.tasks.packed_dialogue import load_trained, torch_reader, train_packed_dialogue

CORPUS = "ecf"

LEAST = 3
"""Seeds that are wanted at the least; further ones count where they are finished."""

DRAWS = 5
"""Draws of spoilt talk, the same for every model; fewer than over cached vectors: the encoder reads each."""

NEVER_SHOWN = -20.0
"""Log-odds of a pair whose utterances stand so far apart that no window shows both."""


CONFIGURATIONS = {"base": "small", "rpcl": "small-rpcl"}
"""Configuration of each method; the two differ in `rpcl` and their name alone."""

FOLDERS = {"base": "small", "rpcl": "rpcl-end-to-end"}
"""Where the runs of each method are, within the folder of all runs; the base's make the shipped model."""


def runs(seeds: Sequence[int], place: Place) -> list[Run]:
    """The runs wanted, and those of further seeds that are finished."""
    every = [Run(CORPUS, PACKED, method, seed) for seed in seeds for method in CONFIGURATIONS]
    return [run for run in every if run.seed in seeds[:LEAST] or is_trained(run, place)]


def source(run: Run, place: Place) -> RunFolder:
    """The folder in which a run is trained."""
    return RunFolder(place.trained / FOLDERS[run.method] / f"seed-{run.seed}")


def is_trained(run: Run, place: Place) -> bool:
    """Whether a run is finished, with the settings that are compared here."""
    folder, wanted = source(run, place), (packed(CONFIGURATIONS[run.method]), run.seed)
    return folder.is_finished() and (folder.configuration(Configuration), folder.seed()) == wanted


def train_and_read(run: Run, place: Place) -> None:
    """Train a model along with its encoder, if it is not trained yet, and read the held-out splits with it.

    Raises:
        HeartsayError: the loss is not finite, the data are absent, or the folder holds a run with other
            settings.
    """
    folder, settings = source(run, place), packed(CONFIGURATIONS[run.method])
    if folder.is_finished():
        folder.check(settings, run.seed)
    else:
        train_packed_dialogue(settings, run.seed, load_training_data(), folder.path, device=place.device)
    read(run, place)


def is_stale(run: Run, place: Place) -> bool:
    """Whether the weights that a run was read with have been replaced since."""
    stated, weights = run.folder(place.work) / "weights.json", source(run, place).weights
    if not (stated.exists() and weights.exists()):
        return False
    return bool(json.loads(stated.read_text("utf-8"))["sha256"] != sha256(weights))


def read(run: Run, place: Place) -> None:
    """Read both held-out splits with a trained run, and test data under draws of spoilt talk."""
    trained, folder = source(run, place), RunFolder(run.folder(place.work))
    folder.path.mkdir(parents=True, exist_ok=True)
    write_text(folder.path / "weights.json", json.dumps({"sha256": sha256(trained.weights)}))
    tokenizer, settings = encoder_tokenizer(trained.configuration(Configuration).encoder)
    reader = torch_reader(load_trained(trained), settings, torch.device("cpu"))
    # The very readings by which the run chose its epoch.
    development = Reading.load(trained.readings(f"{CORPUS}-dev"))
    complete(development, development_data(CORPUS)).save(folder.readings("dev"))
    conversations = tuple(load(CORPUS, "test"))
    items = [item for c in conversations for item in label_packs(c, tokenizer, settings)]
    evidence = [(c.id, word_evidence(c, tokenizer, settings)) for c in conversations]
    jobs = [job for id, given in evidence for job in plan(id, given, (), settings.lead)]  # one for each item

    def read_as(packs: Sequence[Pack]) -> Reading:
        read = assemble(zip(jobs, reader(packs), strict=True), EMOTIONS.names, ())
        return complete(with_gold(one_row_each(read), conversations), conversations)

    moved = []
    for draw in range(DRAWS):
        torch.manual_seed(draw)
        spoilt = [spoilt_pack(item, settings) for item in items]
        moved.append(read_as(spoilt).annotated_pairs().log_odds)
    write_spoilt(run, place, moved)
    read_as([item.pack for item in items]).save(folder.readings("test"))


def spoilt_pack(item: LabelledPack, settings: TokenSettings) -> Pack:
    """A pack without some of the talk that is in no gold pair, drawn anew at each call."""
    tokens, owner = (torch.from_numpy(x)[None] for x in (item.pack.tokens, item.pack.owner))
    free = free_rows([item], torch.device("cpu"))
    tokens, owner = spoil(tokens, owner, free, FULL, settings)
    return replace(item.pack, tokens=tokens[0].numpy(), owner=owner[0].numpy())


def complete(reading: Reading, conversations: Sequence[Conversation]) -> Reading:
    """A Reading of the packed-dialogue model with a row for every utterance and every ordered pair.

    It has no head for causes.

    Args:
        reading: of annotated conversations.
        conversations: those.
    """
    known = reading.annotated_pairs()
    labelled = [LabelledConversation.of(c, {}) for c in conversations]
    lengths = np.array([len(c) for c in labelled])
    starts, squares = (np.concatenate([[0], np.cumsum(n)]) for n in (lengths, lengths**2))
    of = known.conversation
    log_odds = np.full(squares[-1], NEVER_SHOWN)
    log_odds[squares[of] + known.emotion * lengths[of] + known.cause] = known.log_odds
    logits = np.zeros((starts[-1], len(EMOTIONS)))
    logits[starts[reading.conversation] + reading.position] = reading.logits[views.FULL.name]
    pairs = all_pairs(labelled, log_odds)
    return reading_of({"": labelled}, EMOTIONS.names, {views.FULL.name: logits}, pairs=pairs)
