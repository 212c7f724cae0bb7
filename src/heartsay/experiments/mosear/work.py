"""What one run does: train, or read with what another one trained, its attention moved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from heartsay.atomic import write_text
from heartsay.corpora.casting import Recipe
from heartsay.evidence.corpus import EvidenceCorpus, standardised
from heartsay.evidence.evidence import BoolArray, IntArray
from heartsay.experiments.feature_corpora import load_feature_corpus
from heartsay.experiments.mosear.plan import MATCHED, MOVED, SCENES, Moved, configuration, source_of
from heartsay.experiments.release.manifest import sha256
from heartsay.experiments.study import Place, Run
from heartsay.models.backbones.fusion_transformer import FusionTransformer
from heartsay.models.fusion.modality import listening
from heartsay.models.fusion.reallocation import Reallocation, voice_shares
from heartsay.models.strict import CELLS
from heartsay.progress import Report, silent
from heartsay.training.composed_features import composed_sides
from heartsay.training.feature_batches import for_reading
from heartsay.training.feature_readings import feature_reading
from heartsay.training.matched_features import matched_sides
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.backbone import load_backbone, train_backbone

RECIPE = Recipe(seed=0)
"""How the composed corpus was cast, the same for every run."""

SETTINGS = "reallocation.json"
"""What an arm of AR was read with, in its folder."""

SOURCE = "source.json"
"""Hash of the weights that a run was made from, in its folder."""

Sides = dict[str, tuple[str, str]]
"""What voice and face were to show, by utterance id."""


def sides(cache: Path, scenes: Collection[str], report: Report = silent) -> Sides:
    """What voice and face of each utterance of some scenes show.

    Of the composed corpus it is what they were chosen to show, of CREMA-D what most people said.

    Raises:
        InputError: a corpus is absent or damaged.
    """
    known = matched_sides() if MATCHED in scenes else {}
    return known | composed_sides(cache, RECIPE, report) if set(scenes) - {MATCHED} else known


def side_classes(known: Sides, utterances: list[str], classes: tuple[str, ...]) -> tuple[IntArray, IntArray]:
    """The classes of voice and face of utterances, (N,) each; -1 where there is none."""
    number = {name: k for k, name in enumerate(classes)}
    found = [[number.get(side, -1) for side in known.get(u, ("", ""))] for u in utterances]
    both = np.array(found, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def do(run: Run, place: Place) -> None:
    """Do one run.

    Raises:
        HeartsayError: what it starts from is absent, or the loss is not finite.
    """
    source = source_of(run)
    if source is not None:
        folder = run.folder(place.work)
        if is_stale(run, place):
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        made_from = {"sha256": sha256(RunFolder(source.folder(place.work)).weights)}
        write_text(folder / SOURCE, json.dumps(made_from) + "\n")
    if run.method in MOVED:
        read_moved(run, place, MOVED[run.method])
        return
    train_backbone(
        configuration(run, place.epochs),
        _corpus(place.cache, SCENES[run.corpus].corpus),
        run.seed,
        run.folder(place.work),
        device=place.device,
        baseline=None if source is None else source.folder(place.work),
    )


def is_stale(run: Run, place: Place) -> bool:
    """Whether the weights that a run was made from have been replaced since."""
    source = source_of(run)
    if source is None:
        return False
    stated, weights = run.folder(place.work) / SOURCE, RunFolder(source.folder(place.work)).weights
    if not (stated.exists() and weights.exists()):
        return False
    return bool(json.loads(stated.read_text("utf-8"))["sha256"] != sha256(weights))


def read_moved(run: Run, place: Place, arm: Moved) -> None:
    """Read both held-out splits with a trained model whose attention is moved."""
    source = source_of(run)
    assert source is not None
    name = SCENES[run.corpus].corpus
    corpus, folder = _corpus(place.cache, name), RunFolder(run.folder(place.work))
    model = load_backbone(RunFolder(source.folder(place.work)), corpus)
    assert isinstance(model, FusionTransformer)
    data, names = read_standardised(place.cache, name), tuple(model.tokens.names)
    share, share_by_token = development_shares(model, data, sides(place.cache, [run.corpus]))
    target = share if arm.target is None else arm.target
    if arm.target is None and not 0 <= target <= 1:  # no consistent item that looks at both
        target = 0.5
    settings = Reallocation(target, **arm.settings)
    model.reallocation = settings
    feature_reading(model, data, names).save(folder.readings())
    told: dict[str, Any] = {
        "target": target,
        "strength": settings.strength,
        "tolerance": settings.tolerance,
        "development_share": share if np.isfinite(share) else None,
        "development_share_by_token": share_by_token if np.isfinite(share_by_token) else None,
    }
    write_text(folder.path / SETTINGS, json.dumps(told) + "\n")


def development_shares(model: FusionTransformer, corpus: EvidenceCorpus, known: Sides) -> tuple[float, float]:
    """Voice's mean share of the attention on consistent development items, by mass and by token.

    Args:
        model: its attention not moved.
        corpus: standardised.
        known: what voice and face show.
    """
    development = corpus.splits["dev"]
    utterances = [u for c in development for u in c.evidence.utterances]
    gold = np.concatenate([c.emotion for c in development])
    voice, face = side_classes(known, utterances, corpus.classes)
    consistent: BoolArray = (voice == gold) & (face == gold)
    default, layers = Reallocation(), len(model.stack.layers)
    masses, ids = [], []
    with torch.inference_mode():
        for batch in for_reading(development, model.tokens.names, CELLS):
            chosen = torch.from_numpy(consistent[batch.number[batch.evidence.real].numpy()])
            with listening("attention") as told:
                model(batch.evidence)
            for number, layer in enumerate(told):
                if default.moves(number, layers):
                    masses.append(layer.mass[chosen])
                    ids.append(layer.ids[chosen])
    return voice_shares(torch.cat(masses), torch.cat(ids))


@lru_cache(maxsize=2)
def _corpus(cache: Path, name: str) -> EvidenceCorpus:
    return load_feature_corpus(name, cache, fold=None, seed=RECIPE.seed)


@lru_cache(maxsize=2)
def read_standardised(cache: Path, name: str) -> EvidenceCorpus:
    """A corpus by its name, features standardised by its training split."""
    return standardised(_corpus(cache, name))
