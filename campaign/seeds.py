"""Small whole examples of everything that is read, which mutation starts from."""

# ruff: noqa: E501 - files as they are brought
from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable

import numpy as np

from campaign import seeds_corpora, seeds_folders

CAPTION = "00:00:01.000 --> 00:00:02.500"

TALK = [
    {"id": "1", "speaker": "Ana", "text": "I got the job!", "start": 0.5, "end": 2.0, "emotion": "joy"},
    {"id": "2", "speaker": "Ben", "text": "No way, really?", "start": 2.1, "end": 3.0},
]

TEXTS: dict[str, str] = {
    "talk.json": json.dumps({"id": "talk", "utterances": TALK}),
    "whisper.json": json.dumps(
        {
            "language": "en",
            "segments": [
                {"start": 0.0, "end": 2.0, "text": " Hello.", "speaker": "SPEAKER_00", "words": []},
                {"start": 2.0, "end": 3.0, "text": " Go away!", "avg_logprob": -0.3},
            ],
        }
    ),
    "aws.json": json.dumps(
        {
            "jobName": "j",
            "results": {
                "items": [
                    {
                        "type": "pronunciation",
                        "start_time": "0.1",
                        "end_time": "0.4",
                        "speaker_label": "spk_0",
                        "alternatives": [{"confidence": "0.9", "content": "Hi"}],
                    }
                ]
            },
        }
    ),
    "telegram.json": json.dumps(
        {
            "name": "Us",
            "messages": [{"type": "message", "from": "Ana", "date": "2024-01-02T10:00:00", "text": "hi"}],
        }
    ),
    "talk.vtt": f"WEBVTT\n\nNOTE a note\n\n1\n{CAPTION} align:start\n<v Ana><c.loud>I got <i>it</i>!</c></v>\n",
    "talk.srt": "1\n00:00:01,000 --> 00:00:02,500\n- Ana: I got it!\n- Ben: {\\an8}No way &amp; never.\n",
    "talk.sbv": "0:00:01.000,0:00:02.500\nAna: I got it!\n\n0:00:03.000,0:00:04.000\nBen: Oh.\n",
    "talk.ass": "[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, End, Style, Name, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,Ana,{\\i1}I got\\Nit!\n",
    "talk.ttml": '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">I got it!</p></div></body></tt>',
    "talk.csv": 'conversation,speaker,text,start,end,emotion\n1,Ana,"I got ""it""!",0.5,2,joy\n1,Ben,Oh.,2.5,3,\n',
    "talk.tsv": "speaker\ttext\nAna\tI got it!\nBen\tOh.\n",
    "talk.txt": "Ana: I got it!\nBen: Oh no.\nAna (10:21): [laughs] Yes!\n",
    "timed.txt": "Ana  00:01\nI got it!\n\nBen  00:05\nOh no.\n",
    "chat.txt": "12/01/2024, 10:15 - Ana: I got it!\n12/01/2024, 10:16 - Ben: <Media omitted>\n",
    "ecf.txt": "1 2\n(1,1), (2,1)\n1 | Ana | joy | I got it! | 00:00:01,000-00:00:02,000\n2 | Ben | surprise | Really? | 00:00:02,000-00:00:03,000\n",
    "iemocap.txt": "Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.\nSes01F_impro01_M000 [007.5712-010.4750]: Yeah.\n",
    "talk.TextGrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 3\ntiers? <exists>\nsize = 1\n'
    'item []:\n    item [1]:\n        class = "IntervalTier"\n        name = "Ana"\n        xmin = 0\n        xmax = 3\n'
    '        intervals: size = 1\n        intervals [1]:\n            xmin = 0\n            xmax = 3\n            text = "Hi"\n',
    "talk.eaf": '<?xml version="1.0"?><ANNOTATION_DOCUMENT FORMAT="3.0"><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/>'
    '<TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="900"/></TIME_ORDER><TIER TIER_ID="Ana" LINGUISTIC_TYPE_REF="t"><ANNOTATION>'
    '<ALIGNABLE_ANNOTATION ANNOTATION_ID="x" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"><ANNOTATION_VALUE>Hi'
    "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>",
    "talk.cha": "@UTF8\n@Begin\n@Participants:\tANA Ana Speaker\n*ANA:\tI got it ! \x150_900\x15\n%act:\tlaughs\n@End\n",
}

SETTINGS = {
    "own.yaml": "base: default\nepochs: 3\nname: 'own'\n",
    "backbone.yaml": "base: m3net-cmerc-meld-voices\nepochs: 3\nbackbone: {settings: {width: 8}}\n",
    "flow.yaml": '{"base": "default", "epochs": 3, "head_learning_rate": 0.001, "name": "own"}',
    "whole.yaml": "name: own\ncorpus: dummy\nbackbone:\n  name: evidence-attention\n"
    "  settings: &a {width: 8, layers: 1}\nobjective: {name: base}\nepochs: 3\nbatch_size: 4\nlearning_rate: 1e-2\n",
}


def documents() -> dict[str, bytes]:
    """A file for each format of conversations, by name."""
    files = {name: text.encode() for name, text in TEXTS.items()}
    files["talk-16.TextGrid"] = TEXTS["talk.TextGrid"].encode("utf-16")
    files["talk.docx"] = word()
    return files


def word() -> bytes:
    """A document of Word with two paragraphs and a table."""
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    paragraph = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    row = f"<w:tr><w:tc>{paragraph.format('Ana')}</w:tc><w:tc>{paragraph.format('Yes.')}</w:tc></w:tr>"
    body = paragraph.format("Ana: I got it!") + paragraph.format("Ben: Oh.") + f"<w:tbl>{row}</w:tbl>"
    content = f'<?xml version="1.0"?><w:document xmlns:w="{name}"><w:body>{body}</w:body></w:document>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", content)
    return file.getvalue()


def pickles() -> dict[str, bytes]:
    """Pickles as the field's feature files are."""
    arrays = {"1_1": np.arange(6, dtype=np.float32), "x": [np.ones((2, 3)), "text", (1, 2.5, None)]}
    objects = np.empty(2, object)
    objects[:] = [[1], {"a": b"b"}]
    return {f"p{k}.pkl": pickle.dumps([arrays, {1, 2}, objects], protocol=k) for k in (0, 2, 4, 5)}


def features() -> dict[str, bytes]:
    """The four feature files of the field, tiny."""
    from tests.dummies import feature_files

    made = {
        "meld.pkl": feature_files.meld_items(),
        "iemocap.pkl": feature_files.iemocap_items(),
        "meld-roberta.pkl": feature_files.meld_roberta_items(),
        "iemocap-roberta.pkl": feature_files.iemocap_roberta_items(),
    }
    return {name: pickle.dumps(items, protocol=4) for name, items in made.items()}


def models() -> dict[str, bytes]:
    """The files of a model of talk and of an expert of voices."""
    own = seeds_folders.files(seeds_folders.model())
    voice = seeds_folders.files(seeds_folders.voice())
    return {**own, **{f"voice-{name}": content for name, content in voice.items()}}


SEEDS: dict[str, Callable[[], dict[str, bytes]]] = {
    "conversations": documents,
    "pickles": pickles,
    "features": features,
    "settings": lambda: {name: text.encode() for name, text in SETTINGS.items()},
    "recordings": seeds_folders.recordings,
    "corpora": seeds_corpora.corpora,
    "annotators": seeds_corpora.annotators,
    "models": models,
    "adaptations": lambda: seeds_folders.files(seeds_folders.adaptation()),
    "runs": lambda: seeds_folders.files(seeds_folders.run()),
    "stores": lambda: seeds_folders.files(seeds_folders.store()),
    "results": lambda: seeds_folders.files(seeds_folders.results()),
}
"""Whole inputs by target and name of the file."""
