"""Questions to a folder of results: its Parquet tables as three views, in SQL that can read them and no more.

`database` opens a folder, `questions` makes SQL of what people ask most, `plots` draws what comes of it.
"""

from heartsay.query.database import VIEWS, Answer, Results, open_results
from heartsay.query.questions import GROUPS, Question, at_least

__all__ = ["GROUPS", "VIEWS", "Answer", "Question", "Results", "at_least", "open_results"]
