"""The one schema. Nothing in it is a body, a subject, or a recipient's address in clear."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    literal_column,
    text,
)

from auditor.store.database.columns import Bytes, Id, partial
from auditor.store.database.dialects import refuse_changes

VERSION = 2
"""Of the schema; `store.upgrade` brings an older store up to it: 0.1.0 wrote 1."""

STATE_FORMAT = 6
"""Of what the template stage keeps in `template.state` and `meta`: raise it whenever those bytes change, and
every store judges its sends anew, from their keyed words. 0.1.0 wrote 1."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Bytes, nullable=False),
)
"""Single values: schema version, a check of the pseudonym key, the templates' shared state."""

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # login and host
    Column("folder", Text, nullable=False, default=""),
    Column("uidvalidity", BigInteger),
    Column("low", BigInteger),
    Column("high", BigInteger),
    Column("state", Text, nullable=False, default="connecting"),
    Column("reason", Text, nullable=False, default=""),
    Column("last_sync", Double),  # seconds since the epoch
    Column("backlog", Integer, nullable=False, default=0),
)

send = Table(
    "send",
    metadata,
    Column("id", Id, primary_key=True),
    Column("identity", Bytes, nullable=False, unique=True),
    Column("message_id", Bytes),  # keyed; NULL when the mail had none
    Column("references", Bytes, nullable=False, default=b""),  # keyed Message-IDs, 16 bytes each
    Column("sender", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("sent_at", Double, nullable=False),  # seconds since the epoch, UTC
    Column("stored_at", Double, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("past", Boolean, nullable=False, default=False),  # found by the first audit of a mailbox: no news
    Column("direction", Text, nullable=False),
    Column("shape", Text, nullable=False),
    Column("quotes_other", Boolean, nullable=False),
    Column("bcc", Integer, nullable=False),
    Column("deliveries", Integer, nullable=False),  # distinct recipients of the send's own direction
    Column("words", Bytes, nullable=False),  # keyed words in order, 4 bytes each, 0 ends a line
    Column("word_count", Integer, nullable=False),
    Column("short", Boolean, nullable=False),
    Column("merge_failure", Boolean, nullable=False),
    Column("private", Boolean, nullable=False, default=False),  # its text is never read, whatever copy has it
    # judgement
    Column("judged_seq", BigInteger),
    Column("kind", Text),
    Column("class", Text),
    Column("template", Text),
    Column("share", Double),
    Column("similarity", Double),
    Column("generated_field", Boolean, nullable=False, default=False),
    Column("reason", Text),
    Column("tallied_deliveries", Integer, nullable=False, default=0),
    Column("tallied_direction", Text),
    Column("tallied_kind", Text),  # `kind`, unless the purpose of its template makes it another
    Column("recount", Boolean, nullable=False, default=False),  # a copy said more after it was judged
    partial("send_unjudged", "id", where=Column("judged_seq").is_(None)),
    Index("send_judged_seq", "judged_seq", unique=True),
    Index("send_recount", "judged_seq", sqlite_where=text("recount = 1"), postgresql_where=text("recount")),
    Index("send_message_id", "message_id"),
    Index("send_template", "template"),
    Index("send_sent_at", "sent_at"),
    partial("send_past", "sent_at", where=Column("past").is_(True)),
)

recipient = Table(
    "recipient",
    metadata,
    Column("send_id", Id, ForeignKey("send.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Bytes, primary_key=True),  # keyed
    Column("organisation", Bytes, nullable=False),  # keyed
    Column("external", Boolean, nullable=False),
    Index("recipient_address", "address"),
    sqlite_with_rowid=False,
)

location = Table(
    "location",
    metadata,
    Column("mailbox_id", Id, ForeignKey("mailbox.id"), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("send_id", Id, ForeignKey("send.id", ondelete="CASCADE"), nullable=False),
    Index("location_send", "send_id"),
    sqlite_with_rowid=False,
)
"""Where each copy of a send lies, so that `explain --words` can reread one."""

unreadable = Table(
    "unreadable",
    metadata,
    Column("mailbox_id", Id, ForeignKey("mailbox.id"), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
"""Messages that the server could not hand over; they are tried again."""

tally = Table(
    "tally",
    metadata,
    Column("scope", Text, primary_key=True),  # organisation, team, sender, template
    Column("series", Text, primary_key=True),  # "" for the organisation
    Column("bucket", BigInteger, primary_key=True),  # start, seconds since the epoch, a multiple of width
    Column("width", Integer, primary_key=True),  # 300 or 3600 seconds
    Column("direction", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("class", Text, primary_key=True),
    Column("messages", BigInteger, nullable=False),
    Column("deliveries", BigInteger, nullable=False),
    Column("own_words", BigInteger, nullable=False, default=0),  # handwritten, of the words beside it
    Column("words", BigInteger, nullable=False, default=0),
    Column("merge_failures", BigInteger, nullable=False, default=0),
    sqlite_with_rowid=False,
)

tally_change = Table(
    "tally_change",
    metadata,
    Column("hour", BigInteger, primary_key=True),  # start, seconds since the epoch
    Column("times", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How often the rows of an hour were changed, so that a reader reads again only what did."""

template = Table(
    "template",
    metadata,
    Column("id", Text, primary_key=True),
    Column("founded_by", Id, nullable=False),
    Column("first_sent", Double, nullable=False),
    Column("last_sent", Double, nullable=False),
    Column("sends", Integer, nullable=False),
    Column("reached", Boolean, nullable=False),
    Column("fixed", Bytes, nullable=False),  # keyed words in order, a slot being 2^32 - 1
    Column("state", Bytes, nullable=False),
    Column("wording", Text),  # in clear, only under the k rule
    Column("name", Text),  # given by a person
    Column("purpose", Text),  # given by a person: outreach, service, event
    partial("template_purpose", "purpose", where=Column("purpose").is_not(None)),
    Index("template_used", "last_sent", "first_sent", "sends", "reached", "id"),
    partial("template_worded", "id", where=Column("wording").is_not(None)),
)

template_entry = Table(
    "template_entry",
    metadata,
    Column("at", Id, primary_key=True),  # the judged number at which it was entered
    Column("number", BigInteger, nullable=False),  # judged number of the founding send
    Column("features", Bytes, nullable=False),  # keyed, 4 bytes each
    Index("template_entry_number", "number"),
)
"""The inverted index of the template stage: which text is found by which features."""

template_phrase = Table(
    "template_phrase",
    metadata,
    Column("at", Id, primary_key=True),  # how many sends were judged when it came in
    Column("features", Bytes, nullable=False),  # keyed, 4 bytes each
)
"""The company's stock of phrases."""

template_alias = Table(
    "template_alias",
    metadata,
    Column("id", Text, primary_key=True),
    Column("template", Text, nullable=False),
)
"""Template ids that were merged away, and the one that lives."""

incident = Table(
    "incident",
    metadata,
    Column("id", Id, primary_key=True),
    Column("scope", Text, nullable=False),  # sender, template, team, organisation
    Column("series", Text, nullable=False),
    Column("unit", Text, nullable=False),  # sends or deliveries
    Column("state", Text, nullable=False),  # pending, open, resolved, corrected, faded
    Column("cause", Text, nullable=False),  # what was seen: above_usual, night_blast, ...
    Column("reason", Text, nullable=False),  # why the last decision was made
    Column("first_seen", Double, nullable=False),  # this and the next four: seconds since the epoch
    Column("opened_at", Double),
    Column("updated_at", Double, nullable=False),
    Column("resolved_at", Double),
    Column("until", Double, nullable=False),  # end of the window at its height
    Column("window", Integer, nullable=False),  # seconds
    Column("observed", Integer, nullable=False),
    Column("usual", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("told", Double, nullable=False, default=0.0),  # the excess that the last letter named
    Column("folded", Boolean, nullable=False, default=False),  # opened in a flood, without its own letter
    Column("touches", Text, nullable=False, default="[]"),  # JSON: [scope, series] of all that belongs to it
    Column("quiet", Boolean, nullable=False, default=False),  # its series is silenced: no letters
    Column("acknowledged_at", Double),
    Column("acknowledged_by", Text, nullable=False, default=""),
    Index("incident_state", "state"),
)

plan = Table(
    "plan",
    metadata,
    Column("id", Id, primary_key=True),
    Column("scope", Text, nullable=False),  # sender, template, team, organisation
    Column("series", Text, nullable=False),
    Column("starts", Double, nullable=False),  # this and the next: seconds since the epoch
    Column("ends", Double, nullable=False),
    Column("expected", Integer, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("removed_at", Double),  # a plan that was removed stays as a record
)

silence = Table(
    "silence",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("until", Double, nullable=False),  # seconds since the epoch
    Column("by", Text, nullable=False),
)
"""Series of which no letter tells for a while."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),  # stable, so that a repeat is recognised
    Column("incident_id", Id),
    Column("occasion", Text, nullable=False),  # opened, updated, resolved, corrected, flood, operator, test
    Column("in_reply_to", Text),  # Message-ID of the letter that opened the incident
    Column("channel", Text, nullable=False, default="mail"),  # or the name of a webhook
    Column("addressees", Text, nullable=False, default=""),  # as written, one a line
    Column("recipients", Text, nullable=False),  # who is still to get it: ours, from the configuration
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("gist", Text, nullable=False, default=""),  # its one sentence
    Column("link", Text),  # to the page
    Column("bundled_into", Text),  # Message-ID of the letter that tells of several after an outage
    Column("created_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("state", Text, nullable=False),  # pending, unknown, sent, refused, bundled
    Column("attempts", Integer, nullable=False, default=0),
    Column("last_error", Text, nullable=False, default=""),
    Column("sent_at", Double),
    Index("outbox_state", "state", "due_at"),
)

outbox_picture = Table(
    "outbox_picture",
    metadata,
    Column("letter_id", Id, ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),  # as the letter's HTML names it: cid:NAME
    Column("png", Bytes, nullable=False),
    sqlite_with_rowid=False,
)
"""The pictures of letters: drawn once, so that a letter sent again is the same to the byte."""

request = Table(
    "request",
    metadata,
    Column("id", Id, primary_key=True),
    Column("what", Text, nullable=False),  # a name in request.kinds
    Column("by", Text, nullable=False),  # who asked: a user of this machine
    Column("asked_at", Double, nullable=False),  # seconds since the epoch
    Column("arguments", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False, default="pending"),  # pending, applied, refused
    Column("reason", Text, nullable=False, default=""),  # of a refusal: a stable word
    Column("answer", Text, nullable=False, default=""),  # a sentence for who asked
    Column("settled_at", Double),
    partial("request_pending", "id", where=literal_column("state = 'pending'", Boolean)),
)
"""Changes that people asked for; judgement applies them in its transaction. They stay as a record."""

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Double, nullable=False),  # seconds since the epoch
    Column("by", Text, nullable=False),  # a user of this machine
    Column("what", Text, nullable=False),  # verdict, words, review
    Column("sender", Text, nullable=False),  # whose mail
    Column("send_id", Id, nullable=False),  # which; no reference, it outlives the send
)
"""Every look-up of words or of one person's mail. The database refuses to change or remove a row."""

refuse_changes(audit)

review = Table(
    "review",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Double, nullable=False),  # seconds since the epoch
    Column("by", Text, nullable=False),
    Column("said", Text, nullable=False),  # JSON: our class -> what the person said -> how often
    Column("population", Text, nullable=False),  # JSON: our class -> sends among which they were drawn
)
"""What people answered when they were asked about random sends: counts, never which send."""

answer = Table(
    "answer",
    metadata,
    Column("id", Id, primary_key=True),
    Column("identity", Bytes, nullable=False, unique=True),  # keyed
    Column("sort", Text, nullable=False),  # reply, auto, bounce, unsubscribe
    Column("at", Double, nullable=False),  # seconds since the epoch, as the next
    Column("stored_at", Double, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("direct", Boolean, nullable=False),  # its first reference is what it answers, not what led to that
    Column("person", Bytes),  # keyed; NULL where a bounce does not say whom it is about
    Column("organisation", Bytes),  # keyed
    Column("send_id", Id, ForeignKey("send.id", ondelete="SET NULL")),  # NULL until it is found
    Column("place", Integer),  # of the reference that led there
    Column("recipient", Bytes),  # keyed: of the send's recipients, who it comes from
    Index("answer_send", "send_id"),
    Index("answer_recipient", "recipient", "at"),
    partial("answer_open", "stored_at", where=Column("send_id").is_(None)),
)
"""What came back, from headers of inboxes, where `[answers]` is on."""

answer_reference = Table(
    "answer_reference",
    metadata,
    Column("message_id", Bytes, primary_key=True),  # keyed
    Column("answer_id", Id, ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, nullable=False),  # 0 is the nearest
    Index("answer_reference_answer", "answer_id"),
    sqlite_with_rowid=False,
)
"""What an answer refers to and nearer than what was found so far; sends may be read later than answers."""

tombstone = Table(
    "tombstone",
    metadata,
    Column("address", Bytes, primary_key=True),  # keyed
    Column("organisation", Bytes),  # keyed; where it is this person's alone
    Column("stand_in", Bytes, nullable=False),  # random
    Column("organisation_stand_in", Bytes, nullable=False),  # random
    Column("at", Double, nullable=False),  # seconds since the epoch
)
"""Who asked to be forgotten, so that nothing brings them back."""

replica = Table(
    "replica",
    metadata,
    Column("name", Text, primary_key=True),
    Column("until", Double, nullable=False),  # by the database's clock, seconds since the epoch
)
"""The processes that share this store, and until when each has said that it is alive."""

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),  # a mailbox's key, or "judgement"
    Column("holder", Text),  # a replica; NULL: free
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),  # grows with every new holder
    Index("lease_holder", "holder"),
)
"""What one replica alone may do, and which."""
