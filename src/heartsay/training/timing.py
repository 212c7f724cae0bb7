"""How long an epoch of a backbone takes on this machine, measured on a few of its batches."""

from __future__ import annotations

import time

import numpy as np
import torch

from heartsay.evidence.corpus import EvidenceCorpus, standardised
from heartsay.objectives.registry import build_objective
from heartsay.objectives.task_losses import task_loss
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.tasks.backbone import BackboneTask, input_shape, loss_options

STEPS = 3
"""Batches that are timed, after one that is not: the first pays for memory."""


def seconds_per_epoch(
    configuration: FeatureConfiguration, corpus: EvidenceCorpus, steps: int = STEPS
) -> float:
    """Processor seconds of training by supervision on every batch, and of reading what is held out.

    Args:
        configuration: of the run; its objective is left out.
        corpus: what it would be trained on.
        steps: batches to time, spread over those of an epoch, which are sorted by length.

    Raises:
        InputError: the corpus lacks labels or modalities, or a setting is wrong.
    """
    base = configuration.without_objective()
    shape = input_shape(base, corpus)
    loss = task_loss(**loss_options(base.task_loss, corpus))
    objective = build_objective(base.objective.name, loss, tuple(shape.widths), {})
    task = BackboneTask(base, standardised(corpus), shape, objective, 0, torch.device("cpu"))
    batches = task.batches(0)
    chosen = np.linspace(0, len(batches) - 1, min(steps, len(batches))).round().astype(int).tolist()
    task.step(batches[chosen[0]], 0.0)
    begun = time.process_time()
    for k in chosen:
        task.step(batches[k], 0.0)
    trained = time.process_time()
    task.evaluate(0)
    return (trained - begun) / len(chosen) * len(batches) + time.process_time() - trained
