"""A greeting with somebody else's name: what a sending tool writes whose list has slipped by a line.

Precision first: told only of a new mail to one person whose address is made of the very name that stands
beside it, and whose greeting is one plain name that has nothing to do with either. Nicknames, initials, other
spellings and mail to offices and assistants stay unsaid.
"""

import re
import unicodedata
from collections.abc import Sequence

from auditor.message import phrases
from auditor.message.mask import is_everyday
from auditor.message.values import Address, Headers
from auditor.vocabulary import Shape

_GREETING = "|".join(re.escape(one) for one in sorted(phrases.GREETINGS, key=len, reverse=True))
_GREETED = re.compile(rf"(?i:{_GREETING}) ([^\W\d_]{{3,20}})[\s,!:–-]{{0,6}}\Z")
_QUOTED = re.compile(r"\s*\w{0,4}>")
_PARTS = re.compile(r"[^\W\d_]+")
_NO_NAMES = frozenset(
    "all team there everyone everybody both folks guys friends friend sir madam sirs colleague colleagues"
    " again neighbour neighbor customer partner valued hiring manager doctor professor prof miss mister"
    " together zusammen alle team kollege kollegen kollegin kolleginnen herr frau damen herren"
    " miteinander leute tous toutes monsieur madame messieurs mesdames cher chère collègue collègues"
    " équipe bonjour"
    " todos todas equipo señor señora amigo amigos colega colegas buenos buenas tutti tutte signore signora"
    " gentili collega colleghi squadra amici buongiorno iedereen allemaal mensen heer mevrouw".split()
)
# Names by which people are called who are called otherwise on paper: each line is one person.
_SAME = tuple(
    frozenset(line.split())
    for line in """
    robert bob rob bobby bert
    william bill will willy liam billy guillermo
    richard dick rick rich ricky
    margaret peggy meg maggie marge daisy greta gretchen
    elizabeth liz beth betsy betty eliza lisa libby elisabeth lilli sisi bess
    john jack johnny hank ian ivan juan jean giovanni sean hans
    james jim jimmy jamie diego jacob jake
    charles chuck charlie chas carl karl carlos
    henry harry hank heinrich heinz enrique enrico
    edward ted ned ed eddie eduard eduardo edoardo
    theodore ted teddy
    mary molly polly maria marie mia mimi
    dorothy dot dolly
    katherine catherine kate katie kathy cathy kitty kit trina katharina käthe kay
    anthony tony anton toni antonio
    alexander alex sandy sascha sasha xander lex alejandro alessandro sandro
    alexandra alex sandy sascha sasha lexi alejandra alessandra sandra
    john-paul jp
    joseph joe jo josef jose pepe sepp beppe giuseppe
    francis frank fran francisco paco pancho francesco franz
    frances fran fanny
    ann anne nan nancy hannah anna annie anja
    martha patty matty
    patricia pat patty trish tricia
    patrick pat paddy
    susan sue suzy suzanne susanne susi
    michael mike mick mickey mischa miguel michele
    nicholas nick nico klaus niklas claus nicola nicolas
    christopher chris kit topher kester
    christina chris tina chrissy kirsten
    stephen steve steven stefan
    thomas tom tommy maas
    daniel dan danny
    david dave davy
    matthew matt matthias mateo matteo
    andrew andy drew andreas andre andrea andres
    gregory greg
    jeffrey jeff geoffrey geoff
    lawrence larry laurie lorenz lorenzo
    leonard len lenny leo
    ronald ron ronnie
    gerald gerry jerry
    jerome jerry
    samuel sam sammy samantha
    benjamin ben benny
    deborah deb debbie debra
    barbara barb barbie babs bärbel
    jennifer jen jenny
    jessica jess jessie
    rebecca becky becca
    victoria vicky tori
    judith judy jutta
    pamela pam
    kimberly kim
    cynthia cindy
    sarah sally sara
    helen nell ellen elena nellie helena lena
    eleanor nell nora ellie lenore
    abigail abby gail
    virginia ginny
    josephine jo josie
    philip phil felipe
    peter pete pedro pietro piet
    frederick fred fritz freddie federico
    ferdinand fernando nando
    ludwig lutz luigi luis lewis lou louis
    louise lou lulu
    albert al bert alberto
    alfred fred al alf
    walter walt wally
    raymond ray ramon
    harold hal harry
    eugene gene
    clifford cliff
    nathaniel nate nat nathan
    jonathan jon jonny nathan
    zachary zach zack
    dominic nick dom
    vincent vince vinnie
    timothy tim timo
    terence terry
    teresa terry tess tessa resi
    roberta bobbie
    georg george jorge jürgen jörg giorgio
    johannes hannes hans jan jens
    wilhelm willi helmut
    sebastian basti bastian
    maximilian max
    tobias tobi
    ulrich uli
    ulrike uli
    wolfgang wolf
    dietrich dieter
    rolf rudolf rudi
    """.strip().splitlines()
)


def greets_another(lines: Sequence[str], headers: Headers) -> bool:
    """Whether the greeting of a mail names somebody who is plainly not its one recipient."""
    if headers.shape is not Shape.NEW or len(headers.to) != 1 or not lines:
        return False
    if any(_QUOTED.match(line) for line in lines):
        return False  # it answers somebody, whatever its header says
    first = next((line for line in lines if line.strip()), "")
    match = _GREETED.match(first.strip()[:80])
    if match is None or not (match[1].istitle() or match[1].isupper()):
        return False
    greeted = _plain(match[1])
    if greeted in _NO_NAMES or is_everyday(greeted):
        return False
    parts = _names(headers.to[0])
    return bool(parts) and not any(_alike(greeted, part) for part in (*parts, *_own(headers.sender)))


def _names(person: Address) -> tuple[str, ...]:
    """First and last name, where the address is made of them too, as `ann.lee@`; else nothing is sure."""
    local, _, domain = person.address.partition("@")
    name = person.name.partition(",")
    written = f"{name[2]} {name[0]}" if name[1] else person.name
    parts = [_plain(part) for part in _PARTS.findall(written) if len(part) > 1]
    if len(parts) != 2 or "@" in person.name:
        return ()
    address = _plain("".join(_PARTS.findall(local)))
    first, last = parts
    made_of = {first + last, last + first, first[0] + last, first + last[0], last + first[0], first}
    if address not in made_of:
        return ()
    # A company may carry the name that is greeted: "Dear Siemens".
    return first, last, *(_plain(label) for label in _PARTS.findall(domain))


def _own(sender: Address) -> tuple[str, ...]:
    """Who greets themselves is testing, or has taken the wrong column: that is not for us to say."""
    return tuple(_plain(part) for part in _PARTS.findall(sender.name))


def _alike(greeted: str, name: str) -> bool:
    """Whether one can stand for the other: a part, a beginning, a nickname, another spelling."""
    if greeted in name or name in greeted or greeted[:2] == name[:2]:
        return True
    if any(greeted in same and _any_of(name, same) for same in _SAME):
        return True
    return len(set(_trigrams(greeted)) & set(_trigrams(name))) >= 2


def _any_of(name: str, same: frozenset[str]) -> bool:
    return name in same or any(len(one) > 3 and name.startswith(one) for one in same)


def _trigrams(word: str) -> list[str]:
    return [word[n : n + 3] for n in range(len(word) - 2)]


def _plain(word: str) -> str:
    """Lower case, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
