"""What is trained here, one file each: a model, its batches, its loss, and how an epoch is judged.

Each file holds a `Task` for `heartsay.training.trainer` and the function that makes a run of it. They need
torch, so nothing is imported here.
"""
