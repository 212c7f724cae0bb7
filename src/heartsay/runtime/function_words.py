"""Which language talk in Latin letters is in, told by its function words.

Function words are a closed class and make up a third of ordinary talk, so a few dozen of each language tell
the commonest ones apart within a few sentences (Grefenstette 1995, "Comparing two language identification
schemes"). Words that English shares count for English alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ENGLISH = (
    "the be to of and a in that have i it for not on with he as you do at this but his by from "
    "they we say her she or an will my one all would there their what so up out if about who "
    "get which go me when make can like no just him know take into your good some could them "
    "see other than then now only come its over think also back after use how our well even new "
    "want because any these is are was were am been has had did does don't i'm it's that's "
    "you're can't didn't isn't yeah yes oh okay us let too very here where why really"
)
ENGLISH = frozenset(_ENGLISH.split())
WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split()) - ENGLISH
    for language, words in {
        "French": (
            "le la les des un une et est je tu il elle nous vous ils que qui ne pas dans pour sur avec "
            "mais ce cette mon ton son c'est j'ai n'est qu'il d'un suis es sont avez ai au aux du plus "
            "bien oui non quoi comme tout fait faire très moi toi ça là alors"
        ),
        "German": (
            "der die das und ist ich du er sie es wir ihr nicht ein eine einen mit auf für zu den dem "
            "des von im sind war habe hast hat wie was auch aber oder so ja nein doch noch nur schon "
            "wenn dann mir dich mich kann muss wird bei nach über"
        ),
        "Spanish": (
            "el la los las un una y es que de en no se lo por con para su al del está estoy pero más "
            "como yo tú él ella nosotros me te le muy sí qué cuando todo hay ser fue esto eso mi tu "
            "porque ya bien donde"
        ),
        "Italian": (
            "il lo la gli le un una e è che di in non si per con su da del della sono sei siamo ma più "
            "come io tu lui lei noi mi ti ci molto sì cosa quando tutto questo quello mio tuo perché "
            "anche hai ho"
        ),
        "Portuguese": (
            "o a os as um uma e é que de em não se por com para seu ao do da está estou mas mais como "
            "eu você ele ela nós me te lhe muito sim quando tudo isso isto meu minha porque já bem onde "
            "foi são tem"
        ),
        "Dutch": (
            "de het een en is ik jij hij zij wij niet van dat die in op te met voor aan er maar om ook "
            "als zijn was hebben heb heeft wat nog wel naar dan mijn jouw kan moet ja nee geen bij uit "
            "over zo je"
        ),
        "Swedish": (
            "och att det i en jag hon som han på den med var sig för så till är men ett om hade de av "
            "icke mig du henne då sin nu har inte hans honom skulle hennes där min man ej vid kunde "
            "något från ut när vi"
        ),
        "Norwegian": (
            "og i det på som er en til å han av for at var med de ikke den har jeg om et men så seg hun "
            "hadde fra du da ville vi kunne skal hva meg deg min din nå være bare også noe når dette"
        ),
        "Danish": (
            "og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har om "
            "vi min havde ham hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv "
            "her alle vil"
        ),
        "Finnish": (
            "ja on ei se että en hän minä sinä me te he oli mutta niin kun tai jos vain kuin myös mitä "
            "tämä ole olen olet ovat sen nyt joka sitä minun sinun mun sun kyllä joo miksi missä siellä "
            "täällä"
        ),
        "Polish": (
            "i w nie na to się że z do jest jak ale co po tak za od ja ty on ona my wy czy już mnie ci "
            "go jej był była być mam masz ma tego tym ten ta te dla przez tylko bardzo"
        ),
        "Czech": (
            "a se v na je že to si s z do i o ale jak já ty on ona my vy co tak už jsem jsi jsme byl "
            "být by když nebo jen za po pro ten ta tohle jeho její mě mi ti ho tady"
        ),
        "Slovak": (
            "a sa v na je že to si s z do aj o ale ako ja ty on ona my vy čo tak už som sme bol byť by "
            "keď alebo len za po pre ten tá jeho jej ma mi ti ho tu nie"
        ),
        "Hungarian": (
            "a az és nem hogy egy is de ez van volt meg csak mint el már én te ő mi ti ők ha vagy mert "
            "igen kell lesz itt ott nekem neked nagyon most mit ki jó még azt ezt"
        ),
        "Romanian": (
            "și în nu de la cu pe un o că este sunt a fi mai dar ce se am ai are eu tu el ea noi voi "
            "pentru din sau dacă când foarte bine da asta acest acum te mă îmi lui"
        ),
        "Turkish": (
            "ve bir bu da de için ben sen o biz siz onlar ne mi mı çok var yok gibi ama daha değil evet "
            "hayır bana sana şey kadar sonra olarak ile en ki her ya nasıl neden burada"
        ),
        "Croatian": (
            "i u je na da se ne za sam si smo ste su od s što kako ali ja ti on ona mi vi to ovo bio "
            "bila biti samo još već kad ako ili me te ga joj nam vam iz po do"
        ),
        "Indonesian": (
            "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya kamu dia kami kita "
            "mereka adalah ada bisa sudah apa kalau tapi karena aku ya lagi sama mau banget"
        ),
        "Vietnamese": (
            "và của là có không tôi bạn anh em được trong cho một những các này đó với khi người đã sẽ "
            "ở ra vào thì mà nhưng cũng rất nó chúng ta họ"
        ),
        "Tagalog": (
            "ang ng mga sa na ay at ko mo siya ako ikaw kami tayo sila hindi ito iyon para may mayroon "
            "kung pero kasi lang naman din rin po opo ano bakit saan"
        ),
        "Catalan": (
            "el la els les un una i és que de en no es per amb del al són jo tu ell ella nosaltres em "
            "et molt sí què quan tot hi ser va això meu perquè ja bé però més com"
        ),
    }.items()
}
"""Function words by language, less those of English."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MOST_WORDS = 5000
_LEAST_HITS = 4
_LEAST_SHARE = 0.12
_LEAD = 1.5


def other_language(texts: Iterable[str | None]) -> str | None:
    """The language of talk that is clearly not in English, or None.

    It needs at least four function words of it, one word in eight, and half as many more of them than of
    English; of the languages that fit, the one with most.

    Args:
        texts: what is said; None stands for an utterance without words.
    """
    words: list[str] = []
    for text in texts:
        words += (word.casefold().replace("’", "'") for word in _WORD.findall(text or ""))
        if len(words) > _MOST_WORDS:
            break
    if not words:
        return None
    hits = {language: sum(word in known for word in words) for language, known in WORDS.items()}
    best = max(hits, key=hits.__getitem__)
    english = sum(word in ENGLISH for word in words)
    if hits[best] < max(_LEAST_HITS, _LEAST_SHARE * len(words)) or hits[best] <= _LEAD * english:
        return None
    return best
