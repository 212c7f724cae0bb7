"""The models that come along, each a folder with its card: what it was made from, its numbers, its limits."""
