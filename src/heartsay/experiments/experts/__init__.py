"""Experts that read one modality by itself: a voice, a face. Each is trained, exported, calibrated, measured.

`voice` and `face` have what is particular to each: its data, and how it is trained.
"""
