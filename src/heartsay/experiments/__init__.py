"""Comparisons of trained methods, and the model that comes along, from the data to committed results.

`study` is the skeleton of a comparison: `cmerc` and `rpcl` add what they run, measure and say. `release`
makes the shipped model and measures it. `configurations` composes settings by name from `configs`,
`published` has the numbers of others, `feature_corpora` the data. Much of it needs torch,
so nothing is imported here.
"""
