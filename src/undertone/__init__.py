"""Undertone."""
