"""What a model is trained to do: functions of its readings and the gold labels, one file each.

An objective sees readings of views alone, so it trains any backbone: `objective` says what they share and
`registry` lists them. `recognise_and_cause` is that of the default model, `rpcl` that of pair scorers. These
files need torch, so nothing is imported here.
"""
