"""What a model may look at, edits of it, and what a model says of it.

`evidence` is one conversation, `tensors` a batch of them; `views` take something away by name, `spoiling` by
chance. `tokens` and `packing` make token sequences of words, in which a strict view leaves out what it hides.
`reading` is what a model says, `readings` makes it of packs. Gold labels stand beside Evidence, in `labels`
and `corpus`.
"""
