"""Clips whose voice and face say different things: benchmarks made of labels per modality.

`subsets` has the rule and the benchmark as such; `crema_d` makes one of CREMA-D's ratings, the others of a
user's files or of what models say of each modality.
"""

from heartsay.corpora.conflict.crema_d import crema_d_conflict
from heartsay.corpora.conflict.subsets import ConflictBenchmark, ConflictItem, kind_of, leading, subset_of

__all__ = ["ConflictBenchmark", "ConflictItem", "crema_d_conflict", "kind_of", "leading", "subset_of"]
