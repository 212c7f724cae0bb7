"""From conversations with gold labels to trained weights: data without leaks, tasks, a trainer, run folders.

`trainer` trains any task of `tasks/` and goes on after a kill with the same result; `run_folder` keeps what a
repetition needs; `configuration` and its like say with which settings, `optimisation` what all of them share.
`examples` says what the packed-dialogue model is trained on; `text_features` and `composed_features`
make what backbones read; `feature_readings` and `pair_readings` are what these answer.
Training needs torch, so nothing of it is imported here.
"""

import os

KERNELS_KEPT = "32"
"""Compiled kernels that torch and oneDNN, its library of matrix products, each keep for later.

They compile one for every product and shape, and batches of conversations have hundreds of lengths. The 1,024
that each keeps unless told otherwise take gigabytes of a large encoder and are hardly met again. One bound
alone does not help: what one lets go the other holds. Both are read with the first product, so they are set
here.
"""

for _variable in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
    os.environ.setdefault(_variable, KERNELS_KEPT)
