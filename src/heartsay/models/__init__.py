"""The models, and where their pretrained encoders come from.

A model never learns of views, objectives or calibration. `backbones/` map Evidence, one vector per utterance
and modality, to logits per utterance, a file each: `backbone` says what they share, `registry` lists them,
`strict` reads any of them without a path from what is hidden, `proofs` tests that. `pairs/` score pairs of
utterances, `layers/` are what several models are built of. `packed_dialogue`, the default, reads the words
themselves and scores pairs too; `encoders` and `tokenizers` load what it starts from. These files need torch,
so nothing is imported here.
"""
