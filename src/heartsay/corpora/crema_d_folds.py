"""CREMA-D's actors in five folds: nobody who is heard in one split is heard in another.

The actors of each gender are dealt out to ten groups in an order that a seed fixes once for all. Fold k is
tested on groups 2k and 2k+1, chooses and calibrates on the group after them and trains on the other seven;
over the five folds every actor is tested once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from heartsay.corpora.refusal import refuse

FOLDS = 5
GROUPS = 2 * FOLDS
SEED = 0


def actor_splits(genders: Mapping[str, str], fold: int = 0) -> dict[str, str]:
    """The split of each actor in a fold, `train`, `dev` or `test`.

    Args:
        genders: of all actors of the corpus, as `crema_d.read_genders` gives them.
        fold: from 0 to 4.

    Raises:
        InputError: there is no such fold.
    """
    if fold not in range(FOLDS):
        refuse("fold of CREMA-D", f"a number from 0 to {FOLDS - 1}", str(fold), "choose one of the folds")
    dev = (2 * fold + 2) % GROUPS
    split = {2 * fold: "test", 2 * fold + 1: "test", dev: "dev"}
    return {actor: split.get(group, "train") for actor, group in actor_groups(genders).items()}


def actor_groups(genders: Mapping[str, str]) -> dict[str, int]:
    """The group of each actor, from 0 to 9."""
    random = np.random.default_rng(SEED)
    groups: dict[str, int] = {}
    for gender in sorted(set(genders.values())):
        actors = random.permutation(sorted(actor for actor, own in genders.items() if own == gender))
        # The next gender goes on where this one ended, so that groups differ by one actor at most.
        start = len(groups)
        groups |= {actor: (start + k) % GROUPS for k, actor in enumerate(actors.tolist())}
    return groups
