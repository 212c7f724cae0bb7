"""Fusion that knows which token is of which modality: experts per modality, and attention put elsewhere.

`modality` says what each token is of and hands that down to whoever asks; `reallocation` moves attention
between voice and face at reading time; `mose` has low-rank experts by modality. None of them knows its host:
the project's own `transformer`, which `backbones.fusion_transformer` reads Evidence with, or a decoder of
another project (`hosts`).
"""
