"""A made-up interview of any length, for pictures and measurements: nobody said any of it.

Lines are drawn by a seed from a handful of scenes, each of which is told with other names and places when it
comes again, so that an hour has the rise and fall of talk without being anybody's.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

ASKS, TELLS, JOINS = "Ruth", "Samuel", "Edith"
WORDS_A_SECOND = 2.6

SCENES = (
    (
        (ASKS, "Where did you live before {place}?"),
        (TELLS, "In a flat above the bakery, with two rooms and a stove."),
        (TELLS, "There were {number} of us, so it was never quiet."),
        (ASKS, "And who looked after the little ones?"),
        (JOINS, "{name} did, mostly. I helped where I could."),
        (TELLS, "{name} sang to us about {place}. I loved that, I really did!"),
        (ASKS, "Do you remember the songs?"),
        (JOINS, "Every one of them. It makes me happy just to think of it."),
    ),
    (
        (ASKS, "Tell me about the day the river came."),
        (TELLS, "It was in {month}. The water was at the step by noon."),
        (JOINS, "I was terrified. I thought {place} would go."),
        (TELLS, "We carried what we could upstairs, the clock and the papers."),
        (JOINS, "And then {name} went back in for the dog! {outburst}"),
        (ASKS, "What happened then?"),
        (TELLS, "He came out with the dog under his coat, soaking wet."),
        (JOINS, "Oh, I was so angry with him, and so glad."),
        (TELLS, "The cellar of {place} stank for a year. Disgusting, it was."),
    ),
    (
        (ASKS, "You mentioned a letter."),
        (TELLS, "Yes. It came on a {day}."),
        (TELLS, "It said that {name} had died, and I had not known that he was ill."),
        (ASKS, "I'm sorry."),
        (TELLS, "I cried until {day}. I still miss him so much."),
        (JOINS, "We should have gone to see him. We kept saying next year."),
        (ASKS, "Did you talk about it afterwards?"),
        (TELLS, "No. Not for a long time."),
    ),
    (
        (ASKS, "How did you come to work at the mill?"),
        (TELLS, "A neighbour put in a word for me with the foreman."),
        (TELLS, "I started at {number} past five and went home at six."),
        (ASKS, "What did you earn?"),
        (TELLS, "Not much. Enough for rent and coal."),
        (JOINS, "And then {name} said that we were paid too much! {outburst}"),
        (TELLS, "They cut it twice. We stood at the gate in {month} and nobody came out."),
        (ASKS, "What did you do?"),
        (TELLS, "We went in again. What else could we do?"),
        (ASKS, "And the foreman?"),
        (JOINS, "He laughed at {name}, {number} of us standing there. {outburst}"),
    ),
    (
        (ASKS, "When did you two meet?"),
        (JOINS, "At a dance in {place}. He trod on my foot."),
        (TELLS, "I did not! It was {name} who trod on your foot."),
        (JOINS, "{disbelief} All these years I told {name} it was you!"),
        (TELLS, "What? You never said a word about it, not even that {day}!"),
        (ASKS, "And you married in the spring?"),
        (JOINS, "On a {day} in {month}, with {name} playing. It rained, and it was wonderful!"),
    ),
    (
        (ASKS, "Let me come back to the list for a moment."),
        (ASKS, "In which year was the house sold?"),
        (TELLS, "I would have to look that up."),
        (JOINS, "It is in the blue folder, the one from {place}."),
        (ASKS, "And the garden went with it?"),
        (TELLS, "The garden, the shed and the strip along the road."),
        (ASKS, "Thank you. I'll note that down."),
        (JOINS, "There is a map as well, if you need one."),
        (TELLS, "{name} drew it. It is quite exact."),
        (ASKS, "That would help, yes."),
    ),
)
SLOTS = {
    "place": ("the mill cottages", "Harrow Lane", "Kelby", "the old school", "Saint Anne's", "the quay"),
    "name": ("Walter", "Aunt Grace", "little Tom", "Henry", "our Margaret", "Joseph", "the neighbour"),
    "month": ("March", "November", "January", "the wet June", "August"),
    "day": ("Monday", "Thursday", "Sunday", "Tuesday"),
    "outburst": (
        "How dare he!",
        "I could have screamed.",
        "I'll never forgive that.",
        "I was beside myself.",
        "I still get angry when I think of it.",
        "It made me sick.",
        "Can you imagine?",
    ),
    "disbelief": (
        "You're joking!",
        "No! I don't believe it.",
        "What?",
        "Since when?",
        "Oh, for heaven's sake.",
    ),
    "number": ("six", "seven", "nine", "ten"),
}


def interview(count: int, seed: int = 1) -> dict[str, object]:
    """A conversation of `count` utterances, as the document that `heartsay.read` takes; about 600 an hour."""
    chance = random.Random(seed)
    at, utterances = 2.0, []
    for number, (speaker, text) in zip(range(1, count + 1), _lines(chance), strict=False):
        lasting = round(0.6 + len(text.split()) / WORDS_A_SECOND * chance.uniform(0.85, 1.3), 2)
        end = round(at + lasting, 2)
        utterances.append(
            {"id": str(number), "speaker": speaker, "text": text, "start": round(at, 2), "end": end}
        )
        at = end + chance.choice((0.3, 0.6, 1.1, 1.8, 2.9, 6.0))
    return {"id": "An interview of an hour (made up)", "utterances": utterances}


def _lines(chance: random.Random) -> Iterator[tuple[str, str]]:
    last = -1
    while True:
        scene = chance.choice([k for k in range(len(SCENES)) if k != last] + [len(SCENES) - 1] * (last < 5))
        last = scene
        filled = {name: chance.choice(choices) for name, choices in SLOTS.items()}
        for speaker, text in SCENES[scene]:
            yield speaker, text.format(**filled)


def main() -> None:
    """Write an interview as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--utterances", type=int, default=600)
    options = parser.parse_args()
    text = json.dumps(interview(options.utterances), ensure_ascii=False, indent=1)
    options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
