"""MoSE and attention reallocation in a multimodal decoder of a person's own, on clips of their own."""
