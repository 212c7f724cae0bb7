"""A shipped model fitted to a user's own talk: its calibration, by a few labelled conversations.

`adapt` refits temperature, class prior, sets, abstention and the threshold of causes, and measures by
cross-validation what that is worth; `words` says it, and `folder` writes the small folder that `load_model`
takes like a model's. `unlabelled` guesses the class prior where there are no labels.
"""
