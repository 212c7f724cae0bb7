"""Small whole examples of the files of corpora and annotators, written for this, in the published forms."""

# ruff: noqa: E501 - files as they are brought
from __future__ import annotations

import io
import json

import numpy as np

TURN = {
    "turn": 1,
    "speaker": "A",
    "utterance": "The boat is late.",
    "emotion": "anger",
    "utterance_name": "1",
}
CAUSE = "expanded emotion cause evidence"
CALLED = {"utterance_ID": 1, "text": "The boat leaves at nine.", "speaker": "Ana", "emotion": "neutral"}
GLAD = {"utterance_ID": 2, "text": "At last!", "speaker": "Ben", "emotion": "joy", "video_name": "2.mp4"}
ASKED = "<video>\nExplain why the emotion of this statement is anger <Ana: The boat is late!>"
WINDOW = "question: Why does Ana feel anger in U2? \\ caption: a kitchen \\ context: U1. Ben: It is late. | U2. Ana: No!"

TEXTS: dict[str, str] = {
    "meld.csv": "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,StartTime,EndTime\n"
    '1,"Oh, no!",Ana,surprise,negative,0,0,"00:16:16,059","00:16:21,731"\n2,Yes.,Ben,neutral,neutral,0,1,"00:16:21,940","00:16:23,442"\n',
    "ecf.txt": "1 2\n(1,1), (2,1)\n1 | Ana | joy | I got it ! | Friends_S1E1: 00:01:01.000 - 00:01:02.000\n2 | Ben | surprise | Really ? | Friends_S1E1: 00:01:02.500 - 00:01:03.000\n",
    "semeval.json": json.dumps(
        [{"conversation_ID": 7, "conversation": [CALLED, GLAD], "emotion-cause_pairs": [["2_joy", "1"]]}]
    ),
    "emorynlp.csv": "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode,Sentiment,Start_Time,End_Time\n"
    'Alright!,"[\'Ana\', \'Ben\']",Joyful,1,1,1,15,pos,"00:01:00,100","00:01:02,000"\nNo.,[\'Ben\'],Neutral,1,2,1,15,neu,"00:01:03,100","00:01:04,000"\n',
    "reccon.json": json.dumps(
        {"tr_1": [[{**TURN, CAUSE: [1, "b"]}, {**TURN, "turn": 2, "emotion": "neutral"}]]}
    ),
    "mecad.json": json.dumps({"1": [[{**TURN, "emotion": "Anger", CAUSE: [1]}]]}),
    "ecem.json": json.dumps(
        [{"video": "480_5.mp4", "conversations": [{"value": ASKED}, {"value": "She waited for an hour."}]}]
    ),
    "ecgf.json": json.dumps([{"input": WINDOW, "output": "The boat is late.", "emo_utt_id": "dia14utt2"}]),
    "ecgf.txt": f"{WINDOW}\tThe boat is late.\n",
    "gt-eng.csv": "names,emotions,subtitles,reasons\nsample_1,happy,So good,He laughs aloud.\n",
    "final-EMER-reason.csv": "names,chinese,english\nsample_1,他笑了。,He laughs aloud.\n",
    "set_1.csv": "video_name,label\n1,1\n2,7\n",
    "train-label.csv": "name,discrete,valence\na,happy,1.5\nb,sad,-10\n",
    "label.csv": "video_id,clip_id,text,label,label_T,label_A,label_V,mode\nv1,0001,好,0.4,0.2,-0.6,1.0,train\nv1,0002,不,0,0,0.2,-1.0,test\n",
    "conflicts.csv": "id,label,voice,face,speaker,text\na,anger,anger,joy,1,anger\nb,,joy,joy,2,\n",
    "tabulatedVotes.csv": '"",A,D,F,H,N,S,fileName,meanEmoResp\n1001,8,0,0,0,1,0,1001_IEO_ANG_XX,50\n2001,8,0,0,0,1,0,1001_IEO_ANG_XX,50\n',
    "VideoDemographics.csv": "ActorID,Age,Sex\n1001,51,Male\n1002,21,Female\n",
}
"""By a name that tells the reader."""

STUDIO = [
    {
        "id": 1,
        "data": {"conversation": "c", "utterance_id": "2", "text": "No!"},
        "annotations": [
            {
                "completed_by": {"id": 3, "email": "a@b.org"},
                "result": [
                    {"type": "textarea", "value": {"text": ["She waited for an hour."]}},
                    {"type": "choices", "value": {"choices": ["anger"]}},
                ],
            }
        ],
    }
]

ANNOTATORS: dict[str, str] = {
    "studio.json": json.dumps(STUDIO),
    "old-studio.json": json.dumps([{"id": 1, "data": {}, "completions": STUDIO[0]["annotations"]}]),
    "own.csv": "id,explanation,annotator,emotion\nc/1,She waited.,Ann,anger\nc/2,He laughs.,Ann,joy\n",
    "labels.json": json.dumps({"livid": "anger", "so-so": None, "glad": "joy"}),
    "labels.csv": "livid,anger\nso-so,\nglad,joy\n",
    "pairs.json": json.dumps(
        [{"conversation_ID": 7, "emotion-cause_pairs": [["2_joy", "U1"], ["3_joy", "1"]]}]
    ),
    "pairs.jsonl": json.dumps({"conversation_ID": 7, "emotion-cause_pairs": [["2_joy", "1"]]}) + "\n",
    "talk.rttm": "SPEAKER talk 1 0.50 1.25 <NA> <NA> ana <NA> <NA>\nSPEAKER talk 1 2.0 1.0 <NA> <NA> ben <NA> <NA>\n",
}
"""What annotators and diarisation tools hand over."""


def corpora() -> dict[str, bytes]:
    """A file of each corpus."""
    files = {name: text.encode() for name, text in TEXTS.items()}
    faces, voices = io.BytesIO(), io.BytesIO()
    np.savez(
        faces,
        image=np.zeros((2, 48, 48), np.uint8),
        votes=np.ones((2, 10), np.uint8),
        name=np.array(["a", "b"]),
    )
    np.savez(voices, id=np.array(["dia0_utt0", "dia0_utt1"]), features=np.ones((2, 47), np.float32))
    return {**files, "faces.npz": faces.getvalue(), "voices.npz": voices.getvalue()}


def annotators() -> dict[str, bytes]:
    """A file of each kind that people write beside talk."""
    return {name: text.encode() for name, text in ANNOTATORS.items()}
