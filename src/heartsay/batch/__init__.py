"""Many conversations into a folder: streamed, with a journal that survives being killed.

`analyze_into` writes each conversation's files as soon as it is analysed and notes it in the journal; tables
over all conversations and the index are made from the journal at the end, so a run that was interrupted
and resumed leaves the same bytes as one that was not.
"""

from heartsay.batch.contained import Item, Settings, analyze_items
from heartsay.batch.formats import FORMATS
from heartsay.batch.outputs import written_by_runs
from heartsay.batch.run import Outcome, analyze_into

__all__ = ["FORMATS", "Item", "Outcome", "Settings", "analyze_into", "analyze_items", "written_by_runs"]
