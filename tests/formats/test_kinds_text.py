"""Plain text that people bring, transcripts and chats, in the structure of what writes it, with our words."""

from __future__ import annotations

import pytest
from tests.formats.samples import ANN, BEN, THREE, read_text, texts

PLAIN = {
    "name, then time": "Ann (0:03): It broke.\nBen (0:06): Again?\nAnn (0:08): Yes.\n",
    "name, time, colon": "Ann 0:03: It broke.\nBen 0:06: Again?\nAnn 0:08: Yes.\n",
    "name, then span": "Ann [0.5s - 2.4s]: It broke.\nBen [2.6s - 3.1s]: Again?\nAnn [3.2s - 4.1s]: Yes.\n",
    "tabs": "Ann\tIt broke.\nBen\tAgain?\nAnn\tYes.\n",
    "times and tabs": "00:00:03\tAnn\tIt broke.\n00:00:06\tBen\tAgain?\n00:00:08\tAnn\tYes.\n",
    "dashes": "Ann - It broke.\nBen - Again?\nAnn - Yes.\n",
    "numbered turns": "1. Ann: It broke.\n2. Ben: Again?\n3. Ann: Yes.\n",
    "numbered lines": "01   Ann:   It broke.\n02   Ben:   Again?\n03   Ann:   Yes.\n",
    "headings": "### Ann:\nIt broke.\n\n### Ben:\nAgain?\n\n### Ann:\nYes.\n",
    "one line": "Ann: It broke. Ben: Again? Ann: Yes.\n",
    "a meeting": "Call on the flat\nJanuary 5, 2024, 10:00AM\n12m 3s\n\nAnn   0:03\nIt broke.\n\nBen   0:09\n"
    "Again?\n\nAnn   0:12\nYes.\n\nMeeting ended after 00:12:03\n",
    "right to left": "\u202bAnn:\u202c It broke.\n\u202bBen:\u202c Again?\n\u202bAnn:\u202c Yes.\n",
    "copied, time behind": "Ann  10:21 AM\nIt broke.\n\nBen  10:22 AM\nAgain?\n\nAnn  10:23 AM\nYes.\n",
    "copied, day behind": "Ann — Today at 10:21 AM\nIt broke.\nBen — Today at 10:22 AM\nAgain?\n"
    "Ann — Today at 10:23 AM\nYes.\n",
    "copied, day before": "[1/5/2024 10:21 AM] Ann\nIt broke.\n\n[1/5/2024 10:22 AM] Ben\nAgain?\n\n"
    "[1/5/2024 10:23 AM] Ann\nYes.\n",
    "date above": "Jan 05, 2024 10:21:05 AM\nAnn\nIt broke.\n\nJan 05, 2024 10:22:05 AM\nBen\nAgain?\n\n"
    "Jan 05, 2024 10:23:05 AM\nAnn\nYes.\n",
    "rules": "====\nGuild: g\n====\n\n"
    "[05-Jan-24 10:21 AM] Ann\nIt broke.\n\n[05-Jan-24 10:22 AM] Ben\nAgain?\n\n"
    "[05-Jan-24 10:23 AM] Ann\nYes.\n\n====\nExported 3 message(s)\n====\n",
}


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_text(kind: str) -> None:
    (found,) = read_text(PLAIN[kind], "x.txt")
    assert texts(found) == THREE


def test_times_after_names_and_those_of_a_clock() -> None:
    (found,) = read_text(PLAIN["name, then span"], "x.txt")
    assert [(u.start, u.end) for u in found.utterances] == [(0.5, 2.4), (2.6, 3.1), (3.2, 4.1)]
    (found,) = read_text(PLAIN["copied, day before"], "x.txt")
    assert [u.start for u in found.utterances] == [0.0, 60.0, 120.0]
    two = "[00:03] Ann: It broke.\n[2024-01-05 10:21:05] Ben: Again?\n[00:08] Ann: Yes.\n"
    (found,) = read_text(two, "x.txt")
    assert [u.start for u in found.utterances] == [3.0, None, 8.0]
    assert "times of two kinds" in found.warnings[-1]


def test_questions_and_answers_by_letter() -> None:
    (found,) = read_text("Q. What broke?\nA. It did.\nQ. Again?\nA. Yes.\n", "x.txt")
    assert [u.speaker for u in found.utterances] == ["Q", "A", "Q", "A"]


def test_dashes_within_talk_name_nobody() -> None:
    (found,) = read_text("Ann: Well - it broke.\nBen: Again - so soon?\nAnn: Yes - again.\n", "x.txt")
    assert texts(found) == [("Ann", "Well - it broke."), ("Ben", "Again - so soon?"), ("Ann", "Yes - again.")]


CHATS = {
    "French": "05/01/2024 à 10:21 - Ann: It broke.\n05/01/2024 à 10:22 - Ben: Again?\n"
    "05/01/2024 à 10:23 - Ben: <Médias omis>\n",
    "Portuguese": "05/01/2024 10:21 - Ann: It broke.\n05/01/2024 10:22 - Ben: Again?\n"
    "05/01/2024 10:23 - Ben: <Mídia oculta>\n",
    "German phone": "[05.01.24, 10:21:05] Ann: It broke.\n[05.01.24, 10:22:05] Ben: Again?\n"
    "[05.01.24, 10:22:06] Ben: \u200eBild weggelassen\n",
    "Chinese": "2024/1/5 上午10:21 - Ann: It broke.\n2024/1/5 上午10:22 - Ben: Again?\n",
    "Korean": "2024. 1. 5. 오전 10:21, Ann : It broke.\n2024. 1. 5. 오전 10:22, Ben : Again?\n",
    "Arabic": "\u200f5/1/2024، 10:21 ص - Ann: It broke.\n\u200f5/1/2024، 10:22 ص - Ben: Again?\n",
    "edited": "05/01/2024, 10:21 - Ann: It broke. <This message was edited>\n"
    "05/01/2024, 10:22 - Ben: Again?\n05/01/2024, 10:23 - Ben: null\n",
    "LINE": "[LINE] Chat history with Ben\nSaved on: 2024/01/06 10:00\n\n"
    "2024/01/05(Fri)\n10:21\tAnn\tIt broke.\n"
    "10:22\tBen\tAgain?\n10:23\tBen\t[Sticker]\n",
    "LINE, twelve hours": "[LINE] Ben\n\nFri, 1/5/2024\n10:21 AM\tAnn\tIt broke.\n10:22 AM\tBen\tAgain?\n",
    "KakaoTalk": "Ben 님과 카카오톡 대화\n저장한 날짜 : 2024-01-06 10:00:00\n\n"
    "--------------- 2024년 1월 5일 금요일 ---------------\n"
    "[Ann] [오전 10:21] It broke.\n[Ben] [오전 10:22] Again?\n",
    "Zoom": "10:21:05\t From  Ann : It broke.\n10:22:05\t From  Ben : Again?\n",
    "IRC": "[10:21] <Ann> It broke.\n[10:22] <Ben> Again?\n[10:22] * Ben sighs\n",
}


@pytest.mark.parametrize("kind", CHATS)
def test_chats(kind: str) -> None:
    (found,) = read_text(CHATS[kind], "x.txt")
    assert texts(found) == [ANN, BEN]
    assert [u.start for u in found.utterances] == [0.0, 60.0]


def test_twelve_hours_go_on_after_noon_and_midnight() -> None:
    (found,) = read_text("2024/1/5 上午10:21 - Ann: It broke.\n2024/1/5 下午1:22 - Ben: Again?\n", "x.txt")
    assert [u.start for u in found.utterances] == [0.0, 10_860.0]
    (found,) = read_text("23:59:00\t From  Ann : It broke.\n00:01:00\t From  Ben : Again?\n", "x.txt")
    assert [u.start for u in found.utterances] == [0.0, 120.0]
