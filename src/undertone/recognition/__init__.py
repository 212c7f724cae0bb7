"""Models that say who feels what, one file per backbone, and where their pretrained encoders come from.

A backbone maps a batch of packs to a `Reading`: emotion logits per utterance and log-odds per pair. It never
learns of views, objectives or calibration. `packed_dialogue` is the default; `encoders` and `tokenizers` load
what it starts from. These files need torch, so nothing is imported here.
"""
