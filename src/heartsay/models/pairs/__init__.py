"""Which utterance caused which emotion: a head that scores pairs, and a whole model around it."""
