import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.samples import KITCHEN, analysis, conversations, modest, read_text, texts

from heartsay import formats
from heartsay.errors import InputError

UTTERANCES = [{"speaker": "Ana", "text": "Hi."}, {"speaker": "Ben", "text": "Ho."}]
SAID = [("Ana", "Hi."), ("Ben", "Ho.")]


def test_the_written_conversation_reads_back():
    (conversation,) = read_text(formats.write(KITCHEN, "json"), "kitchen.json")
    assert (conversation.id, conversation.source) == ("kitchen", "kitchen.json")
    assert (conversation.utterances, conversation.pairs) == (KITCHEN.utterances, KITCHEN.pairs)
    assert conversation.warnings == ()


@modest
@given(conversations())
def test_any_conversation_reads_back(conversation):
    (back,) = read_text(formats.write(conversation, "json"), "x.json")
    assert (back.utterances, back.pairs) == (conversation.utterances, conversation.pairs)


@pytest.mark.parametrize(
    "document",
    [UTTERANCES, {"utterances": UTTERANCES}, [{"utterances": UTTERANCES}], {"conversations": [UTTERANCES]}],
)
def test_the_forms_of_one_conversation(document):
    (conversation,) = read_text(json.dumps(document), "chat.json")
    assert conversation.id == "chat"
    assert texts(conversation) == SAID
    assert [item.id for item in conversation.utterances] == ["1", "2"]
    assert conversation.pairs is None


@pytest.mark.parametrize("wrap", [lambda many: many, lambda many: {"conversations": many}])
def test_many_conversations_in_one_document(wrap):
    many = [
        {"id": "x", "utterances": UTTERANCES},
        {"utterances": UTTERANCES},
        {"id": 7, "utterances": UTTERANCES},
    ]
    found = read_text(json.dumps(wrap(many)), "chat.json")
    assert [conversation.id for conversation in found] == ["chat/x", "chat/2", "chat/7"]
    assert all(texts(conversation) == SAID for conversation in found)


def test_ids_twice_in_one_document_are_refused():
    many = [{"id": "x", "utterances": UTTERANCES}] * 2
    with pytest.raises(InputError, match=r"chat.json\[1\].*'x' a second time"):
        read_text(json.dumps(many), "chat.json")


@pytest.mark.parametrize("name", ["chat.jsonl", "chat.ndjson", "chat.json", "stream"])
def test_json_lines(name):
    lines = [json.dumps({"id": "x", "utterances": UTTERANCES}), "", json.dumps(UTTERANCES)]
    found = read_text("\n".join(lines), name)
    assert [conversation.id.partition("/")[2] for conversation in found] == ["x", "2"]
    assert all(texts(conversation) == SAID for conversation in found)


def test_json_lines_whose_first_line_is_longer_than_a_look():
    long = [{"speaker": "Ana", "text": "word " * 30_000}]
    found = read_text(json.dumps(long) + "\n" + json.dumps(UTTERANCES) + "\n", "chat.json")
    assert [len(conversation) for conversation in found] == [1, 2]


def test_a_wrong_line_comes_after_the_right_ones_before_it():
    from tests.formats.samples import read_as

    good = json.dumps(UTTERANCES).encode()
    found = read_as("json", b"\n".join([good, good, b'[{"text": "bro']))
    assert [len(next(found)) for _ in range(2)] == [2, 2]
    with pytest.raises(InputError, match=r"line 3, column 11: .*breaks off"):
        next(found)


def test_utterances_line_by_line_are_put_together():
    (found,) = read_text("\n".join(json.dumps(item) for item in UTTERANCES), "chat.jsonl")
    assert texts(found) == SAID
    mixed = [{**item, "conversation_id": name} for item in UTTERANCES for name in "ab"]
    first, second = read_text("\n".join(map(json.dumps, mixed)), "chat.jsonl")
    assert (first.id, texts(first), texts(second)) == ("chat/a", SAID, SAID)


def test_an_analysis_reads_back_as_a_conversation_without_its_readings():
    text = analysis("chat", [("a", "Hi."), ("b", "Ho.")]).model_dump_json(indent=2)
    (conversation,) = read_text(text, "chat.json")
    assert [(item.id, item.text, item.emotion) for item in conversation.utterances] == [
        ("a", "Hi.", None),
        ("b", "Ho.", None),
    ]
    assert conversation.utterances[0].start == 0.25
    assert conversation.pairs is None


def test_numbers_for_names_and_clock_readings_for_times():
    item = {"id": 5, "speaker": 0, "text": "Hi.", "start": 1, "end": "00:00:02.5"}
    utterance = read_text(json.dumps([item]), "x.json")[0].utterances[0]
    assert (utterance.id, utterance.speaker, utterance.start, utterance.end) == ("5", "0", 1.0, 2.5)


def test_pairs_go_by_the_ids_of_utterances_given_or_not():
    document = {"utterances": UTTERANCES, "pairs": [[2, "1"]]}
    assert read_text(json.dumps(document), "x.json")[0].pairs == {(1, 0)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        (" \n ", "only blank lines"),
        ("hello", "x.json, line 1, column 1: expected JSON, found text that begins with 'hello'"),
        ('[{"text": "Hi."', "breaks off"),
        ('[{"text": "Hi', "breaks off"),
        (
            '{\n"utterances": [{"text": "Hi.",}]}',
            "line 2, column 32: .*illegal trailing comma|line 2, column 3",
        ),
        ("[" * 100_000, "nested|breaks off"),
        ('[{"text": ' + "9" * 5000 + "}]", "thousands of digits"),
        ("[]", "no utterances"),
        ("{}", "nothing in it"),
        ("3", "found text that begins with '3'|found a number"),
        ("null", "found"),
        ('{"conversations": []}', "an empty list"),
        ('{"conversations": 3}', "a list of conversations"),
        ('{"utterances": []}', "no utterances"),
        ('{"utterances": {}}', "x.json, utterances: expected a list of utterances, found an object"),
        ('{"messages": []}', "found an object with 'messages'"),
        ('["Hi."]', r"x.json\[0\]: .*found the string 'Hi.'"),
        ('[{"speaker": "A"}]', r"x.json\[0\]: expected an utterance with 'text', found one with 'speaker'"),
        ('[{"text": 5}]', r"x.json\[0\].text: .*found a number"),
        ('[{"text": "a", "speaker": []}]', r"x.json\[0\].speaker: .*found a list"),
        ('[{"text": "a", "start": "soon"}]', r"x.json\[0\].start: expected a time in seconds"),
        ('[{"text": "a", "start": true}]', r"x.json\[0\].start: .*true or false"),
        ('[{"text": "a", "end": 1e999}]', "infinite"),
        ('[{"text": "a", "emotion": {}}]', r"x.json\[0\].emotion"),
        ('{"utterances": [{"text": "a"}], "pairs": [[1]]}', r"pairs\[0\]: expected a pair"),
        ('{"utterances": [{"text": "a"}], "pairs": 1}', "pairs: expected a list of pairs"),
        ('{"utterances": [{"text": "a"}], "pairs": [[1, 2]]}', "x.json, pairs: .*a pair with '2'"),
    ],
)
def test_what_is_amiss_is_said_with_its_place(text, message):
    with pytest.raises(InputError, match=message):
        read_text(text, "x.json")


def test_nan_is_read_as_no_time():
    (conversation,) = read_text('[{"text": "a", "start": NaN}]', "x.json")
    assert conversation.utterances[0].start is None
    assert any("NaN" in line for line in conversation.warnings)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
utterances = st.dictionaries(
    st.sampled_from(["id", "speaker", "text", "start", "end", "emotion", "words"]), values, max_size=7
)


@modest
@given(
    values
    | st.lists(utterances, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["id", "utterances", "conversations", "segments", "pairs", "schema_version", "model"]
        ),
        st.lists(utterances, max_size=3) | values,
    )
)
def test_any_json_is_read_or_refused(document):
    try:
        found = read_text(json.dumps(document), "x.json")
    except InputError:
        return
    assert all(len(conversation) for conversation in found)


def test_a_key_without_a_name_is_no_value() -> None:
    (conversation,) = read_text(
        '[{"speaker": "Ana", "text": "Hi.", "": "n"}, {"text": "Oh.", "": 3}]', "a.json"
    )
    assert [u.start for u in conversation.utterances] == [None, None]
