"""Whether a real voice tells more than the words do: MELD with real voices, cross-validated."""
