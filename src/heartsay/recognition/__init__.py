"""Models that say who feels what, one file per backbone, and where their pretrained encoders come from.

A backbone never learns of views, objectives or calibration. Most map Evidence, one vector per utterance and
modality, to logits per utterance: `backbone` says what they share, `registry` lists them, `strict` reads any
of them without a path from what is hidden, `leak` measures what the other mode lets through, and
`shared_encoding` spares work that the views of a batch have in common. The default, `packed_dialogue`, reads
the words themselves and scores pairs too; `encoders` and `tokenizers` load what it starts from. These files
need torch, so nothing is imported here.
"""
