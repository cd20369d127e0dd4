"""The sentence stock of the benchmark corpus, all of it invented: a grammar that is expanded by a seeded dice.

A symbol in braces is expanded again, so that two mails written by hand share a turn of phrase now and then,
as two people do, and hardly ever a sentence. A pitch's sentences are groups of paraphrases: the first is what
the template says, the others what a tool makes of it.
"""

import random
import re

_SYMBOL = re.compile(r"\{(\w+)\}")

NOUNS = (
    "ramp invoice pallet ledger boiler hinge orchard lantern cellar violin carpet engine kettle gutter permit"
    " drawing forklift binder staircase canteen trailer scaffold receipt pump gasket valve turbine chimney"
    " timber paint mortar shelf printer cable antenna server router badge locker window curtain mirror bench"
    " table tile brick pipe heater filter fan blower hose nozzle crate barrel bottle label stamp envelope"
    " catalogue brochure menu ticket voucher contract annex clause survey inspection audit budget forecast"
    " quote estimate deposit refund surcharge pension payroll roster rota shift holiday rehearsal concert"
    " exhibition seminar workshop lecture harvest seedling greenhouse tractor plough fence gate stable saddle"
    " sail mast rudder anchor dock crane container lorry van tyre axle clutch gearbox windscreen battery"
    " charger socket plug fuse switch dial gauge sensor probe sample beaker pipette scale microscope lens"
    " tripod shutter canvas brush easel frame chisel hammer saw plane drill lathe vice clamp rivet weld seam"
    " thread needle loom fabric button zip collar sleeve glove boot helmet visor harness rope ladder"
).split()
ADJECTIVES = (
    "old new spare broken late early quiet heavy narrow steep damp brittle rusty crooked borrowed unopened"
    " yellow grey northern southern upper lower third second missing doubtful expensive cheap urgent forgotten"
    " temporary final revised preliminary handwritten faded stubborn noisy slippery polished leftover"
    " oversized tiny awkward promising dull bright shallow delicate sturdy portable provisional wobbly"
).split()
PLACES = (
    "Harbour Lane|the east yard|Thornbury|the back office|Lindale|the upper warehouse|Castor Street|the depot in"
    " Welby|Ostrava|the mill|Hexley station|the second floor|Ghent|the old school|Porto|the car park|Aarhus|the"
    " boathouse|Wexcombe|the loading bay|Lille|the annex|Tarnow|the showroom|Graz|the lab|Malmo|the courtyard|"
    "Bremen|the pavilion|Cork|the test track|Udine|the greenhouse at Marl|Oulu|the canteen|Split|the north gate"
).split("|")
PEOPLE = (
    "Ines Tomas Greta Olaf Maud Piet Selma Ruben Ilse Anton Bruna Cyril Dagny Edwin Freya Gunnar Hedda Ivo"
    " Jonna Karel Lotte Milo Nadja Otis Petra Quentin Rosa Stellan Tove Ulrik Vera Walter Xenia Yannis Zora"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
PAST = (
    "measured painted ordered returned repaired collected counted dropped borrowed swapped cleaned scanned"
    " signed cancelled moved unloaded packed labelled weighed inspected photographed translated summarised"
    " rewrote corrected doubled halved postponed finished abandoned inherited dismantled rebuilt tested"
).split()
BASE = (
    "measure paint order return repair collect count drop borrow swap clean scan sign cancel move unload pack"
    " label weigh inspect photograph translate summarise rewrite correct double halve postpone finish dismantle"
    " rebuild test"
).split()
ADVERBS = (
    "yesterday;last night;by mistake;twice;without asking;before lunch;in the rain;over the weekend;for once;"
    "rather quickly;with some luck;under protest;on the way home;this morning;after the meeting;in a hurry;"
    "against my advice;as agreed;by hand;at last;again;at short notice"
).split(";")

_HAND = """
{person} {past} {np} {adverb}, and now {np} is in {place}.
I have {past} {np} but {np} still looks {adj} to me.
Do you remember whether {person} ever {past} {np} in {place}?
Could you {base} {np} before {day}, or is {person} doing that?
The {noun} you mentioned is {adj}; {person} thinks {np} would be better.
We were in {place} {adverb} and found {np} under {np}.
My guess is that {np} costs more than {np}, although nobody {past} it.
{person} says hello from {place} and asks about {np}.
If {np} does not arrive by {day}, I will {base} {np} myself.
Thanks for {np}, it {past2} {adverb}.
I am sorry about {np}: {person} {past} it {adverb} and told nobody.
Let us {base} {np} first and talk about {np} later.
There is a {adj} {noun} beside {np}, which explains why {person} {past} {np}.
On {day} we {past} {np} together with {person} from {place}.
Nobody in {place} knows who {past} {np}.
It would help me if you sent {np} to {place}, {person} needs it for {np}.
Have you seen {np} since {day}? I think {person} {past} it.
{person} and I disagree: I would {base} {np}, {person} would rather {base} {np}.
As for {np}, I would leave it in {place} until {day}.
The trouble with {np} is {np}.
What happened in {place} {adverb} was that {np} fell on {np}.
We can {base} {np} on {day} if {place} is open.
I tried to {base} {np} {adverb} and it went wrong.
You were right about {np}, {person} had {past} the wrong {noun}.
How is {np} coming along? Mine is still {adj}.
Please tell {person} that {np} stays in {place}.
I found your note on {np} only {adverb}.
My {noun} is {adj} again, so I came by train through {place}.
{person} wants {number} more of {np}, which seems a lot for {place}.
After {day} I am in {place} and cannot {base} anything.
The bill for {np} was wrong by {number} euros, I {past} it {adverb}.
Between us, {np} was never {adj}; somebody in {place} {past} it.
It took {number} people to {base} {np}, and {person} filmed it.
Should {np} go to {place} or shall I {base} it here?
{day} does not work for me because {person} {past} {np}.
I would not {base} {np} without asking {person}.
Apparently {np} was {adj} all along.
We still owe {place} {np} and {np}.
Next to {np} there was room for {np}, so I {past} both.
What does {person} want with {np}?
Your {noun} arrived {adverb}, slightly {adj}, but {np} is fine.
I have asked {place} for {np}; they only have {adj} ones.
The children liked {np}, and {person} even {past} {np}.
Either we {base} {np} or {person} will, {adverb} as usual.
Remind me to {base} {np} when we meet in {place}.
I read about {np} {adverb} and thought of {person}.
Honestly, {np} in {place} is the {adj} one.
He {past} {np} and she {past} {np}, so we are even.
Bring {np} on {day}, I will bring {np}.
{np} and {np} do not fit into one {noun}, as {person} found out {adverb}.
""".strip().splitlines()

RULES: dict[str, list[str]] = {
    "hand": _HAND,
    "np": [
        "the {adj} {noun}",
        "the {noun}",
        "the {noun} from {place}",
        "that {adj} {noun} of {person}'s",
        "our {noun}",
        "{person}'s {noun}",
        "a {adj} {noun}",
        "the {noun} and the {adj} {noun}",
        "the {noun} beside {place}",
    ],
    "past2": [
        "helped",
        "surprised {person}",
        "arrived",
        "turned up in {place}",
        "was {adj}",
        "saved us a {noun}",
    ],
    "noun": NOUNS,
    "adj": ADJECTIVES,
    "place": PLACES,
    "person": PEOPLE,
    "day": DAYS,
    "past": PAST,
    "base": BASE,
    "adverb": ADVERBS,
    "number": ["three", "four", "twelve", "nine", "thirty", "a hundred", "six", "eighteen", "two", "forty"],
    "short": [
        "Thanks, see you at {number}.",
        "See below.",
        "Will do, thank you!",
        "Got it, {noun} is with {person}.",
        "Yes, {day} is fine.",
        "Please {base} this.",
        "No, {person} has it.",
        "On my way.",
        "Perfect, thanks.",
        "Can you call me about the {noun}?",
        "Done.",
        "FYI",
        "{day} at {number} then.",
    ],
}

# A topic gives a pitch its own things to speak of: what is sold, to whom, for what.
_GOODS = (
    "route planning|cold storage|tax filing|window cleaning|lift maintenance|solar roofs|job adverts|payroll"
    " software|packaging|staff training|lead lists|translation|office plants|fleet leasing|data backup|fire"
    " drills|water treatment|market research|trade fair stands|contract review|machine vision|pest control|car"
    " sharing|exhibition seats|customer surveys|heat pumps|spare parts|noise barriers|podcast studios|catering"
    "|uniform rental|drone surveys|website testing|parcel lockers|lab analysis|interim managers|insurance"
    " brokerage|floor coatings|energy audits|archive scanning"
).split("|")
_TRADES = (
    "haulage firms|dairies|tax advisers|hotels|housing associations|printers|clinics|breweries|law firms|"
    "machine builders|garden centres|schools|foundries|bakeries|architects|ports|theatres|city councils|"
    "furniture makers|vineyards|opticians|steel traders|pharmacies|museums|publishers|farm shops|shipyards"
).split("|")
_PAINS = (
    "waiting at the ramp|paper that piles up|empty seats|late payments|complaints on Mondays|double bookings|"
    "energy bills|staff who leave|spoiled goods|lost parcels|missed deadlines|unread reports|idle machines|"
    "long set-up times|wrong addresses|broken promises to customers|blind spots in the budget|rework|overtime"
).split("|")

# Each group: what one sentence of a pitch says, in several ways. {good}, {trade}, {pain} are the topic's.
OPENINGS = [
    (
        "I came across {Company} while looking at {trade} in your region.",
        "While reading up on {trade} near you, I noticed {Company}.",
        "Your firm {Company} stood out when we compared {trade} around your area.",
    ),
    (
        "Most {trade} we speak to are tired of {pain}.",
        "Almost everyone among the {trade} we know complains about {pain}.",
        "Talk to {trade} these days and {pain} comes up within minutes.",
    ),
    (
        "My name is {Rep} and I look after {good} for {trade}.",
        "I am {Rep}, responsible here for {good} in the world of {trade}.",
        "Let me introduce myself: {Rep}, in charge of {good} for {trade}.",
    ),
    (
        "You have probably heard enough about {good} already, so I will be brief.",
        "I will keep this short, since {good} fills everybody's inbox.",
        "There is no shortage of mails about {good}, hence only a few lines.",
    ),
    (
        "Before the season starts, many {trade} put {good} back on the list.",
        "Just ahead of the season {good} returns to the agenda of many {trade}.",
        "With the season close, {trade} everywhere think of {good} again.",
    ),
    (
        "Last month we spoke at length with {number} {trade} about {pain}.",
        "Some weeks ago {number} {trade} told us how they live with {pain}.",
        "We recently asked {number} {trade} what {pain} means to them.",
    ),
    (
        "When did you last check what {pain} costs {Company} in a year?",
        "Has anybody at {Company} ever worked out the yearly price of {pain}?",
        "Do you know the sum that {pain} takes out of {Company} each year?",
    ),
    (
        "I saw that {Company} is growing, and growth usually brings {pain}.",
        "Growth tends to come with {pain}, and {Company} is clearly growing.",
        "As {Company} gets bigger, {pain} often follows close behind.",
    ),
]
VALUES = [
    (
        "We take care of {good} from the first visit to the yearly check, so that your own people can return to their work.",
        "From an initial visit up to the annual review we handle {good}, leaving your team free for its real job.",
        "Everything around {good}, first visit and annual check included, is done by us while your colleagues get on with theirs.",
    ),
    (
        "Our {adj} {noun} method cuts {pain} by about a third within the first quarter.",
        "Within one quarter {pain} typically shrinks by a third thanks to our {adj} {noun} approach.",
        "A third less {pain} after three months is what the {adj} {noun} procedure normally brings.",
    ),
    (
        "There is nothing to install, nothing to sign in advance, and the price is the same every month.",
        "You neither install nor pre-sign anything, and each month costs the same.",
        "No installation, no advance contract, one flat monthly fee.",
    ),
    (
        "A small {noun} at the entrance is all that your building needs for it.",
        "The only thing your premises need is one little {noun} near the door.",
        "Apart from a modest {noun} by the entrance your site stays as it is.",
    ),
    (
        "The idea is simple: {good} only when the {noun} says so, and not when the calendar does.",
        "Put simply, we do {good} whenever the {noun} asks for it instead of following a calendar.",
        "What we changed is the timing, because the {noun} and no calendar decides about {good}.",
    ),
    (
        "Instead of one large {noun} you get several {adj} ones, which are easier to replace.",
        "Rather than a single big {noun} we deliver multiple {adj} units that can be swapped with ease.",
        "Several {adj} pieces replace the one bulky {noun}, and changing them is no trouble.",
    ),
    (
        "You see every evening on one page what was done, what it cost and what remains open.",
        "One page each evening shows work done, money spent and tasks left.",
        "Every night a single sheet lists finished jobs, their cost and the rest.",
    ),
    (
        "Our crew in {place} answers the phone until eight, also when a {noun} fails on a Saturday.",
        "Until eight at night, Saturdays included, the team at {place} picks up if some {noun} breaks.",
        "Should a {noun} fail at the weekend, people in {place} are reachable up to eight.",
    ),
    (
        "Because we buy each {noun} directly from the maker, you pay less than at any wholesaler.",
        "Direct purchase of every {noun} lets us undercut the wholesalers for you.",
        "Wholesale prices are higher than ours since the {noun} comes straight from its manufacturer.",
    ),
    (
        "The contract ends whenever you wish, with one line by mail.",
        "One line by mail is enough to leave the agreement at any time.",
        "You may stop at will, a short message does it.",
    ),
    (
        "For {trade} we have put together a {adj} package with a {noun}, a {noun} and a yearly visit.",
        "A {adj} bundle made for {trade} contains one {noun}, another {noun} and a visit per year.",
        "We built a package around {trade}: yearly visit, {noun} and {adj} {noun}.",
    ),
    (
        "It works beside the {noun} that you have, and your data stays in your own house.",
        "Your current {noun} may stay, and no data leaves your premises.",
        "Data remains with you, and the existing {noun} keeps running alongside.",
    ),
]
PROOFS = [
    (
        "In {place} a customer of ours {past} {number} old contracts and saved enough for a new {noun}.",
        "One client from {place} {past} {number} outdated agreements, which paid for another {noun}.",
        "Savings from {number} contracts that were {past} bought our client in {place} a fresh {noun}.",
    ),
    (
        "Three out of four {trade} that tried it stayed with us for more than two years.",
        "Of the {trade} who gave it a go, seventy-five percent are still here after two years.",
        "After two years most {trade}, three quarters to be exact, remain our customers.",
    ),
    (
        "Independent testers {past} our {noun} twice and found it {adj} both times.",
        "Our {noun} was {past} on two occasions by outside testers, with a {adj} verdict each.",
        "Twice outsiders {past} the {noun}, twice they called it {adj}.",
    ),
    (
        "The attached sheet compares our {noun} with the two best known ones on the market.",
        "Attached you find our {noun} next to its two most popular rivals.",
        "A comparison with both leading makes of {noun} is enclosed.",
    ),
    (
        "Since spring, {number} firms around {place} have changed to it, some after years with a {adj} supplier.",
        "Around {place} {number} companies switched this year, a few leaving a {adj} supplier of long standing.",
        "From spring onwards {number} businesses near {place} left their {adj} supplier for us.",
    ),
    (
        "A brewery of {number} people recovered its costs before the first {noun} was due.",
        "With {number} staff, one brewery broke even ahead of the first {noun}.",
        "Costs were recovered before any {noun} came due at a {number}-person brewery.",
    ),
    (
        "The local paper wrote about the {adj} {noun} that we built in {place}.",
        "Our {adj} {noun} at {place} made it into the regional press.",
        "Regional newspapers reported on what we built in {place}, a {adj} {noun}.",
    ),
]
ASKS = [
    (
        "Would you have fifteen minutes for a call on {day}?",
        "Could we talk for a quarter of an hour this {day}?",
        "Is a short phone call on {day} possible?",
    ),
    (
        "Shall I send you the price list for {Company}?",
        "May I forward prices made for {Company}?",
        "Do you want me to work out prices for {Company}?",
    ),
    (
        "If you are not the right person, could you tell me who is?",
        "Should somebody else decide on this, a name would help.",
        "Perhaps a colleague is in charge, in which case please point me there.",
    ),
    (
        "Just answer with a yes and I will take care of the rest.",
        "A simple yes is enough, everything else is on me.",
        "Reply yes, then I arrange whatever is needed.",
    ),
    (
        "Come by our stand in {place} and see the {noun} at work.",
        "Visit us at {place} to watch the {noun} run.",
        "You can look at the {noun} in action at our booth, {place}.",
    ),
    (
        "The offer holds until the end of the month, after that the {noun} costs more.",
        "Until month's end this price stands, later the {noun} gets dearer.",
        "Prices for the {noun} rise with the new month, so the offer ends before.",
    ),
]
CANNED = [
    (
        "Thank you for getting in touch about your {noun}.",
        "We received your question on the {noun}, many thanks.",
    ),
    (
        "To reset the {noun}, please hold the {adj} switch for ten seconds and wait until the light turns green.",
        "Press the {adj} switch ten seconds long, then the {noun} resets once its light is green.",
    ),
    (
        "Refunds for a {noun} reach your account within five working days.",
        "Your money for the {noun} is back in five working days.",
    ),
    (
        "You find the form for a return in the section {noun} of your customer page.",
        "The return form is listed under {noun} on the page for customers.",
    ),
    (
        "Our opening hours in {place} are eight to six, on {day} until noon.",
        "In {place} we are open from eight to six and till noon each {day}.",
    ),
    (
        "If the {noun} still fails afterwards, a technician comes without any charge.",
        "Should the {noun} not work then, we send a technician free of charge.",
    ),
]
TOPICS = {"good": _GOODS, "trade": _TRADES, "pain": _PAINS}

SYNONYMS = {
    word: tuple(others.split("|"))
    for word, others in {
        "about": "regarding|around", "small": "modest|little", "simple": "plain|easy", "price": "cost|rate",
        "saved": "put aside|kept", "enough": "sufficient|plenty", "year": "twelvemonth|season", "firms": "companies|businesses",
        "customer": "client|buyer", "large": "big|bulky", "several": "various|multiple", "easier": "simpler|handier",
        "work": "run|operate", "works": "runs|operates", "need": "require|want", "needs": "requires|wants", "people": "staff|colleagues",
        "most": "nearly all|many of the", "tired": "weary|fed up", "every": "each|any", "first": "initial|opening", "visit": "call|meeting",
        "yearly": "annual|regular", "check": "review|look", "month": "four weeks|billing period", "same": "identical|equal",
        "answers": "picks up|takes", "phone": "telephone|line", "also": "even|likewise", "fails": "breaks|stops", "because": "since|as",
        "directly": "straight|without detour", "pay": "spend|are charged", "less": "not as much|a smaller sum", "whenever": "any time|as soon as",
        "wish": "like|want", "best": "finest|top", "known": "established|popular", "found": "judged|called", "stayed": "remained|kept on",
        "shall": "should|may", "send": "mail|forward", "tell": "let me know|inform", "right": "proper|correct", "person": "contact|one",
        "probably": "surely|no doubt", "heard": "read|learned", "already": "by now|before", "brief": "short|quick", "growing": "expanding|getting bigger",
        "usually": "often|normally", "brings": "means|causes", "starts": "begins|opens", "many": "lots of|plenty of", "spoke": "talked|chatted",
        "noticed": "spotted|saw", "came": "stumbled|ran", "looking": "searching|checking", "region": "area|district", "cuts": "reduces|lowers",
        "quarter": "three months|period", "within": "inside|in", "nothing": "no thing|zero", "install": "set up|mount", "building": "site|house",
        "entrance": "door|gate", "idea": "thought|principle", "instead": "rather than|in place", "replace": "exchange|swap", "evening": "night|day",
        "page": "sheet|screen", "done": "finished|completed", "remains": "stays|is left", "open": "pending|unfinished", "maker": "manufacturer|factory",
        "contract": "agreement|deal", "ends": "stops|expires", "line": "sentence|note", "package": "bundle|set", "data": "records|information",
        "stays": "remains|is kept", "house": "building|hands", "tried": "tested|sampled", "answer": "reply|respond", "rest": "remainder|other things",
        "care": "charge|control", "offer": "quote|deal", "holds": "is valid|stands", "costs": "is priced|comes to", "more": "extra|a higher sum",
        "minutes": "min|moments", "recovered": "earned back|regained", "compares": "sets|puts", "changed": "switched|moved", "attached": "enclosed|added",
    }.items()
}  # fmt: skip


def expand(symbol: str, dice: random.Random) -> str:
    """A random expansion of one symbol of the grammar."""
    return fill(dice.choice(RULES[symbol]), dice)


def fill(text: str, dice: random.Random, known: dict[str, str] | None = None) -> str:
    """Expand the symbols of a text; those in `known` stand for what is given, unknown ones stay in braces."""

    def one(found: re.Match[str]) -> str:
        name = found[1]
        if known and name in known:
            return known[name]
        return expand(name, dice) if name in RULES else found[0]

    return _SYMBOL.sub(one, text)


def sentence(dice: random.Random) -> str:
    """One sentence written by hand."""
    text = expand("hand", dice)
    return text[0].upper() + text[1:]


def passage(dice: random.Random, words: int) -> str:
    """Sentences written by hand, of about so many words."""
    found: list[str] = []
    while sum(len(one.split()) for one in found) < words:
        found.append(sentence(dice))
    return " ".join(found)
