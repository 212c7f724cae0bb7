"""From recordings to conversations: speech is found, recognised and told apart by speakers, without torch.

`Inputs` reads recordings and conversations alike; `hear` listens to one recording, with its transcript or
without. What it needs beside the core comes with the extras `media` and `speech`, and is imported on first
use.
"""

from heartsay.recordings.listening import Listening, hear, let_go
from heartsay.recordings.notes import remove_notes
from heartsay.recordings.reading import Inputs

__all__ = ["Inputs", "Listening", "hear", "let_go", "remove_notes"]
