"""What a model is trained to do: functions of its readings and the gold labels, one file each.

An objective sees readings alone, so it trains any backbone. `recognise_and_cause` is that of the default
model. These files need torch, so nothing is imported here.
"""
