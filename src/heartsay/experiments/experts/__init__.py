"""Experts that read one modality by itself: a voice, a face. Each is trained, exported, calibrated, measured.

`voice` has what is particular to the voice expert.
"""
