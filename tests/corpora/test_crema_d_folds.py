from __future__ import annotations

from collections import Counter

import pytest

from heartsay.corpora.crema_d_folds import FOLDS, actor_splits
from heartsay.errors import InputError

GENDERS = {str(1001 + k): "female" if k % 2 else "male" for k in range(91)}


def test_every_actor_is_tested_once_and_nobody_is_in_two_splits() -> None:
    tested: Counter[str] = Counter()
    for fold in range(FOLDS):
        splits = actor_splits(GENDERS, fold)
        assert set(splits) == set(GENDERS)
        sizes = Counter(splits.values())
        assert sizes["train"] in range(62, 66)
        assert sizes["dev"] in (9, 10)
        assert sizes["test"] in range(18, 21)
        for split in ("dev", "test"):
            women = sum(GENDERS[a] == "female" for a, s in splits.items() if s == split)
            assert abs(women - sizes[split] / 2) <= 2
        tested.update(actor for actor, split in splits.items() if split == "test")
    assert set(tested.values()) == {1}
    assert len(tested) == 91


def test_the_order_of_the_file_does_not_count() -> None:
    assert actor_splits(dict(reversed(GENDERS.items())), 2) == actor_splits(GENDERS, 2)


@pytest.mark.parametrize("fold", [-1, FOLDS])
def test_another_fold_is_refused(fold: int) -> None:
    with pytest.raises(InputError, match="a number from 0 to 4"):
        actor_splits(GENDERS, fold)
