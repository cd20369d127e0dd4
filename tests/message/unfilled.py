"""Labelled mail for merge failures: every syntax in every place, and ordinary mail that looks like one."""

import random
from collections.abc import Iterator

FIRST = (
    "First name|first_name|firstName|FirstName|FIRST_NAME|first name|FIRSTNAME|Last Name|company|Company Name"
)
FIELDS = tuple(FIRST.split("|"))

WRAPPED = (
    "{{{{{}}}}}",
    "{{{{ {} }}}}",
    "{{{{contact.{}}}}}",
    "{{{{ lead.{} | default: 'there' }}}}",
    "{{{}}}",
    "[{}]",
    "[[{}]]",
    "<<{}>>",
    "«{}»",
    "${{{}}}",
    "%%{}%%",
    "<%= {} %>",
    "[{}, fallback=there]",
    "{{{{{{{}}}}}}}",
)
FIXED = (
    "*|FNAME|*",
    "*|COMPANY|*",
    "%FIRSTNAME%",
    "%FIRST_NAME%",
    "{!Contact.FirstName}",
    "{!firstname_fix}",
    "%%=v(@FirstName)=%%",
    "$[FNAME|Customer]$",
    "~Contact.FirstName~",
    "##FIRST_NAME##",
    "#FIRSTNAME#",
    "__first_name__",
    "$FIRST_NAME$",
    "@@first_name@@",
    "--first_name--",
    "|FIRST_NAME|",
    "%recipient.name%",
    "[% first_name %]",
    "<First Name>",
    "{{#if first_name}}{{first_name}}{{/if}}",
    "{% if first_name %}you{% endif %}",
    "{{ }}",
    "{{Vorname}}",
    "[Firma]",
    "<<Prénom>>",
    "{{nombre}}",
    "[Azienda]",
    '{{ first_name|default("there") }}',
    "[insert company name here]",
    "[Your Company]",
    "{{ subscriber.first_name }}",
    "{{lead.First Name:default=there}}",
)
SENTENCES = (
    "I noticed that {} is growing quickly this year.",
    "A quick idea for {}",
    "We would like to show {} what we have built.",
    "How does your team at {} plan its routes?",
)
GREETINGS = ("Hi {},", "Hello {},", "Dear {},", "Hallo {},", "Bonjour {},", "Hola {},", "Ciao {},", "{},")
EMPTY = (
    "Hi ,",
    "Hello ,",
    "Dear ,",
    "Dear  ,",
    "Hi  ,",
    "Hallo ,",
    "Sehr geehrter Herr ,",
    "Dear Mr. ,",
    "Dear Ms ,",
    "Bonjour ,",
    "Hola ,",
    "Hi null,",
    "Dear null,",
    "Hello undefined,",
    "Hi None,",
    "Dear N/A,",
    "Hi NaN,",
    "Dear FIRSTNAME,",
    "Hi FirstName,",
    "Hi Name,",
    "Hello XXXX,",
    "Hi [],",
    "Hi {},",
    "Hi <>,",
    "Hi [Tom],",
    "Hi {Tom},",
    "Dear Mr null,",
    "Dear #N/A,",
    "Hi [object Object],",
    "{Hi|Hello|Hey} Tom,",
    "Hi first_name,",
)
BODIES = (
    "I saw what your team at null has done lately and wanted to ask.",
    "It would be good to talk about undefined, and what you need.",
    "We help companies like yours. Lorem ipsum dolor sit amet, consectetur.",
    "Your text here",
    "Our offer for [object Object] ends soon.",
    "Many people at NaN and elsewhere use it.",
    "[PERSONALIZE: one sentence about what they do]",
    "Would the people at [ ] like it too?",
)

ORDINARY = (
    "Hi Otto,",
    "Hi, how are you?",
    "Dear all,",
    "Dear Sir or Madam,",
    "Hello there,",
    "Cher Monsieur,",
    "Chère Madame,",
    "Dear customer,",
    "Hi team,",
    "Estimado señor,",
    "Gentile signora,",
    "Hallo zusammen,",
    "Hi - quick question",
    "Hey!",
    "Dear Nullmeier,",
    "Hi Namir,",
    "Dear Mr. Nome,",
    "Bonjour à tous,",
)
TEXTS = (
    "set {x} to {y: 1}",
    "%configure --dir=%{name}/%{_libdir}",
    "grew by 20% and then 30% more",
    "see [1] and [2]",
    "[EXTERNAL] please read",
    "a << b and b >> c",
    "the <title> of the page",
    "the value is null, undefined or None",
    "if (a) { return name; }",
    "a {name: 'x'} object",
    "if (a) { return name; }",
    "100%OFF%",
    "the pointer is null, and the call with undefined, fails",
    "we reject the null hypothesis for null, p < 0.05",
    "He said that [the company] would wait.",
    "see [the guide](x.html)",
    "| First name | Last name | City |",
    "The first name and last name are on the form.",
    "My company name is on the door.",
    "price: $20-$30 - or less",
    "#12 is done, see ~/notes and __init__.py",
    "a -> b, c::d, e->f",
    "<ann@x.example>",
    "[x] done [ ] open",
    "Please insert the key and turn it.",
    "We use a placeholder for now.",
    "{a,b} is a set, {1|2} too",
    "for f in *.txt; do echo ${f%.txt}; done",
    "docker run -e NAME=$NAME image",
    "I had a test in chemistry today.",
    "the join of null and NaN is null in SQL",
    "array[name] = value",
    "meeting in [Room 4] at 10",
    "Sent from my phone",
    "Between 5% and 10% (or so), we think.",
    "A|B testing went well",
    "The title [sic] was wrong.",
    "Ihr Name steht im Vertrag.",
    "my name is Otto",
    "Hi-tech is our thing, not hi-fi",
    "dear to my heart , as they say",
    "use %s and %d in the format",
)


def failures(seed: int = 1) -> Iterator[tuple[str, str]]:
    """Subject and text of mails in which something was not filled."""
    dice = random.Random(seed)
    for pattern in WRAPPED:
        for field in FIELDS:
            yield _mail(dice, pattern.format(field))
    for field in FIXED:
        for _ in range(4):
            yield _mail(dice, field)
    for greeting in EMPTY:
        for _ in range(4):
            yield (
                "A question",
                f"{greeting}\n\n{dice.choice(SENTENCES).format('your house')}\n{_ordinary(dice)}",
            )
    for body in BODIES:
        for _ in range(6):
            yield "A question", f"{dice.choice(ORDINARY)}\n\n{_ordinary(dice)}\n{body}"
    for subject in ("Test", "test mail", "[TEST] spring offer", "A word for {{company}}", "asdf"):
        yield subject, f"{dice.choice(ORDINARY)}\n\n{_ordinary(dice)}"


def ordinary(seed: int = 2, count: int = 1500) -> Iterator[tuple[str, str]]:
    """Subject and text of mails in which nothing is wrong."""
    dice = random.Random(seed)
    for n in range(count):
        said = "\n".join(_ordinary(dice) for _ in range(dice.randint(1, 4)))
        yield f"Offer {n}", f"{ORDINARY[n % len(ORDINARY)]}\n\n{said}\n{TEXTS[n % len(TEXTS)]}"


def _mail(dice: random.Random, field: str) -> tuple[str, str]:
    if dice.random() < 0.5:
        return "A question", f"{dice.choice(GREETINGS).format(field)}\n\n{_ordinary(dice)}"
    return (
        "A question",
        f"{dice.choice(ORDINARY)}\n\n{_ordinary(dice)}\n{dice.choice(SENTENCES).format(field)}",
    )


_STOCK = (
    "ramp driver pallet invoice winter harbour ledger bridge gardener kettle printer meadow ladder museum"
    " engine orchard candle harvest teacher window carpet sailor forest mirror bakery lantern violin cellar"
    " moved painted counted"
).split()


def _ordinary(dice: random.Random) -> str:
    return " ".join(dice.sample(_STOCK, dice.randint(6, 14))).capitalize() + "."
