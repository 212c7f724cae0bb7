from __future__ import annotations

from heartsay.conversation import Conversation, Utterance
from heartsay.experiments.mecec.misheard import ADDED, LOST, REPLACED, misheard, sound, sounds_of, words_of

TALK = Conversation(
    "talk",
    tuple(
        Utterance(f"u{k}", "AB"[k % 2], "Bear with me, the bare beer is over there; their boat can float!")
        for k in range(300)
    ),
)


def test_words_that_sound_alike_have_one_key() -> None:
    assert sound("there") == sound("their") == sound("thr")
    assert sound("bear") != sound("pear")
    assert sound("rubber") == sound("ruber")  # doubled consonants are one
    assert words_of("Don’t! Ünder 9 O'Neil's") == ["don't", "nder", "o'neil's"]


def test_about_a_fifth_of_the_words_is_wrong_and_the_rest_is_as_it_was() -> None:
    heard = misheard(TALK, sounds_of([TALK]))
    said = [words_of(u.text) for u in TALK.utterances]
    found = [(u.text or "").split() for u in heard.utterances]
    total = sum(map(len, said))
    added = sum(row.count("uh") for row in found)
    assert abs(added / total - ADDED) < 0.02
    assert total - (sum(map(len, found)) - added) >= total * LOST * 0.5
    vocabulary = {word for row in said for word in row} | {"uh"}
    assert {word for row in found for word in row} <= vocabulary  # words become words of the same talk
    swapped = sum(row.count("there") for row in found) / len(found)
    assert 1 - REPLACED - LOST - 0.06 < swapped < 1 + REPLACED  # some of "their" became "there"


def test_the_same_utterance_is_always_misheard_alike_and_never_emptied() -> None:
    sounds = sounds_of([TALK])
    one = Conversation("one", TALK.utterances[7:8])
    assert misheard(one, sounds).utterances[0] == misheard(TALK, sounds).utterances[7]
    short = Conversation("short", tuple(Utterance(f"s{k}", "A", "Zebra.") for k in range(60)))
    assert all(u.text for u in misheard(short, sounds_of([short])).utterances)
    silent = Conversation("silent", (Utterance("s", "A", None), Utterance("t", "A", "...")))
    assert [u.text for u in misheard(silent, {}).utterances] == ["", ""]
