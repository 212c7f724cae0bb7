"""Hosts of another project: multimodal decoders of Hugging Face's transformers, from a person's own folder.

`decoder` finds the text decoder in such a model and tells it what its tokens are; `attention` moves attention
in it; `mose` adds experts to it through peft. Nothing is downloaded, and nothing is imported here.
"""
