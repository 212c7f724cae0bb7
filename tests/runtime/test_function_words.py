"""Which language talk is in."""

from __future__ import annotations

import pytest

from heartsay.runtime.function_words import other_language

TALKS = {
    "French": "La chaudière est encore en panne. On l'a réparée en mars. Je sais, et le bébé avait froid.",
    "German": "Die Heizung ist schon wieder kaputt. Ich weiß, und das Baby hat gefroren.",
    "Spanish": "La caldera se rompió otra vez. Ya lo sé, y el bebé tenía frío porque no hay gas.",
    "Dutch": "De ketel is weer kapot. Ik weet het, en de baby had het koud.",
    "Swedish": "Pannan gick sönder igen. Jag vet, och barnet frös när det var kallt.",
    "Italian": "La caldaia si è rotta di nuovo. Lo so, e il bambino non sta bene.",
}


@pytest.mark.parametrize("language", TALKS)
def test_function_words_tell_the_language(language: str) -> None:
    assert other_language(TALKS[language].split(". ")) == language


@pytest.mark.parametrize(
    "text",
    [
        *("", "The boiler broke again last night. I know, and the baby was freezing.", "No no no. La la la."),
        *("Die, monster!", "C'est la vie, as they say, but I am not the one who broke it.", "Me too."),
    ],
)
def test_english_and_what_is_too_short_is_no_other_language(text: str) -> None:
    assert other_language([text, None]) is None
