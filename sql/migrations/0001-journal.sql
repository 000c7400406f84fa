-- 0001-journal: the record, its projections and the quarantine.
--
-- Times are microseconds since 1970-01-01 UTC in columns named _us. Codes
-- (types, kinds, verdicts, states) are spelled out in table word. Nothing
-- here is newer than SQLite 3.26.

-- About this file. One row.
CREATE TABLE journal (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	uuid TEXT NOT NULL,		-- names this journal in others' origins
	created_us INTEGER NOT NULL,
	mode TEXT NOT NULL CHECK (mode IN ('wal', 'truncate')),
	schema_version TEXT NOT NULL,	-- major.minor; minor counts migrations
	program_version TEXT NOT NULL,	-- of the last program that opened it
	rejects_total INTEGER NOT NULL DEFAULT 0,	-- kept, evicted or only counted
	reject_bytes INTEGER NOT NULL DEFAULT 0		-- bodies kept in reject
);

-- What the stored codes mean; written by the program from its own tables.
CREATE TABLE word (
	domain TEXT NOT NULL,	-- event_type, stream_kind, verdict, ...
	code INTEGER NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (domain, code)
) WITHOUT ROWID;

-- Whether the record may be changed. Opened only by maintenance, inside its
-- own transaction. One row.
CREATE TABLE gate (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	open INTEGER NOT NULL CHECK (open IN (0, 1))
);

----------------------------------------------------------------------------
-- The record: append-only. Deliveries, settings and actions share one
-- sequence of positions.

-- Journals that deliveries were first written to, when not to this one.
CREATE TABLE origin (
	origin_id INTEGER PRIMARY KEY,
	uuid TEXT NOT NULL UNIQUE
);

-- What many deliveries have in common of the evidence.
CREATE TABLE evidence (
	evidence_id INTEGER PRIMARY KEY,
	url TEXT NOT NULL,		-- that fitted, without user:password
	key_id TEXT NOT NULL,		-- fingerprint of the token that fitted
	content_type TEXT NOT NULL,	-- as received
	UNIQUE (url, key_id, content_type)
);

-- One HTTP request that verified.
CREATE TABLE delivery (
	position INTEGER PRIMARY KEY CHECK (position > 0),
	received_us INTEGER NOT NULL CHECK (received_us > 0),
	evidence_id INTEGER NOT NULL REFERENCES evidence,
	signature TEXT NOT NULL,	-- as received
	idempotency_token TEXT,		-- as received; NULL: there was none
	body BLOB NOT NULL CHECK (typeof(body) = 'blob'),	-- exact bytes
	body_sha256 BLOB NOT NULL CHECK (length(body_sha256) = 32),
	origin_id INTEGER REFERENCES origin,	-- NULL: first journaled here
	origin_position INTEGER,	-- its position there
	CHECK ((origin_id IS NULL) = (origin_position IS NULL))
);

-- Merging twice changes nothing. Empty in a journal that never merged.
CREATE UNIQUE INDEX delivery_origin ON delivery (origin_id, origin_position)
	WHERE origin_id IS NOT NULL;

-- A setting of a service that took effect here.
CREATE TABLE setting (
	position INTEGER PRIMARY KEY CHECK (position > 0),
	at_us INTEGER NOT NULL,
	service_sid TEXT NOT NULL,
	name TEXT NOT NULL,		-- as in the configuration
	value TEXT NOT NULL
);

-- What is in effect for a service is its newest row of a name.
CREATE INDEX setting_service ON setting (service_sid, name, position);

-- What the program or an operator did.
CREATE TABLE action (
	position INTEGER PRIMARY KEY CHECK (position > 0),
	at_us INTEGER NOT NULL,
	actor TEXT NOT NULL,		-- a person's account, or the program
	kind TEXT NOT NULL,		-- start, stop, ...
	detail TEXT
);

CREATE TRIGGER delivery_update BEFORE UPDATE ON delivery
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'deliveries are append-only'); END;
CREATE TRIGGER delivery_delete BEFORE DELETE ON delivery
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'deliveries are append-only'); END;
-- INSERT OR REPLACE deletes without firing a delete trigger.
CREATE TRIGGER delivery_insert BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE position = NEW.position)
	OR EXISTS (SELECT 1 FROM setting WHERE position = NEW.position)
	OR EXISTS (SELECT 1 FROM action WHERE position = NEW.position)
	OR (NEW.origin_id IS NOT NULL AND EXISTS (SELECT 1 FROM delivery
		WHERE origin_id = NEW.origin_id
		AND origin_position = NEW.origin_position))
BEGIN SELECT RAISE(ABORT, 'this position is used: deliveries are append-only'); END;

CREATE TRIGGER setting_update BEFORE UPDATE ON setting
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'settings are append-only'); END;
CREATE TRIGGER setting_delete BEFORE DELETE ON setting
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'settings are append-only'); END;
CREATE TRIGGER setting_insert BEFORE INSERT ON setting
WHEN EXISTS (SELECT 1 FROM setting WHERE position = NEW.position)
	OR EXISTS (SELECT 1 FROM delivery WHERE position = NEW.position)
	OR EXISTS (SELECT 1 FROM action WHERE position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'this position is used: settings are append-only'); END;

CREATE TRIGGER action_update BEFORE UPDATE ON action
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END;
CREATE TRIGGER action_delete BEFORE DELETE ON action
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END;
CREATE TRIGGER action_insert BEFORE INSERT ON action
WHEN EXISTS (SELECT 1 FROM action WHERE position = NEW.position)
	OR EXISTS (SELECT 1 FROM delivery WHERE position = NEW.position)
	OR EXISTS (SELECT 1 FROM setting WHERE position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'this position is used: actions are append-only'); END;

CREATE TRIGGER evidence_update BEFORE UPDATE ON evidence
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_delete BEFORE DELETE ON evidence
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_insert BEFORE INSERT ON evidence
WHEN EXISTS (SELECT 1 FROM evidence WHERE evidence_id = NEW.evidence_id
	OR (url = NEW.url AND key_id = NEW.key_id
		AND content_type = NEW.content_type))
BEGIN SELECT RAISE(ABORT, 'this evidence is there: evidence is append-only'); END;

CREATE TRIGGER origin_update BEFORE UPDATE ON origin
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'origins are append-only'); END;
CREATE TRIGGER origin_delete BEFORE DELETE ON origin
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'origins are append-only'); END;
CREATE TRIGGER origin_insert BEFORE INSERT ON origin
WHEN EXISTS (SELECT 1 FROM origin WHERE origin_id = NEW.origin_id
	OR uuid = NEW.uuid)
BEGIN SELECT RAISE(ABORT, 'this origin is there: origins are append-only'); END;

----------------------------------------------------------------------------
-- Projections: what follows from the record, in the order of positions.

-- A service of an account, as deliveries name them; '' where one did not.
CREATE TABLE service (
	service_id INTEGER PRIMARY KEY,
	account_sid TEXT NOT NULL,
	service_sid TEXT NOT NULL,
	UNIQUE (account_sid, service_sid)
);

-- One sequence that Twilio numbers, and the state of what it is about.
CREATE TABLE stream (
	stream_id INTEGER PRIMARY KEY,
	service_id INTEGER NOT NULL REFERENCES service,
	kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),
	key NOT NULL,		-- SID or identity: text, or a blob of the exact
				-- bytes where they are not UTF-8 or have a NUL
	key_text TEXT,		-- for a blob: its text, bytes as \xHH
	unique_name TEXT,	-- the first that was given
	first_seq INTEGER,	-- smallest observed; NULL: none yet
	head INTEGER,		-- largest observed
	observed INTEGER NOT NULL,	-- distinct numbers
	created INTEGER NOT NULL CHECK (created IN (0, 1)),
	created_seq INTEGER,	-- documents: largest number of a creation
	removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
	state_position INTEGER REFERENCES delivery,	-- says the state now
	state_seq INTEGER,	-- its number; NULL: it carries none
	first_us INTEGER NOT NULL,	-- receipt of the first delivery
	last_us INTEGER NOT NULL,	-- and of the latest
	UNIQUE (service_id, kind, key),
	CHECK ((first_seq IS NULL) = (head IS NULL)),
	CHECK (head IS NULL OR first_seq <= head)
);

-- One delivery decoded. Text columns are UTF-8 without NUL.
CREATE TABLE event (
	position INTEGER PRIMARY KEY REFERENCES delivery,
	type INTEGER NOT NULL,		-- word event_type; 0: unknown
	type_text TEXT,			-- of an unknown type, as received
	service_id INTEGER NOT NULL REFERENCES service,
	stream_id INTEGER REFERENCES stream,
	seq INTEGER CHECK (seq >= 0),	-- the stream's number
	verdict INTEGER NOT NULL,	-- word verdict; 0: none
	revision_verdict INTEGER,	-- word revision_verdict
	behind INTEGER NOT NULL CHECK (behind >= 0),
	content BLOB NOT NULL CHECK (length(content) = 32),	-- SHA-256
	identity TEXT,
	endpoint_id TEXT,
	unique_name TEXT,
	item TEXT,
	event_id INTEGER,
	revision INTEGER,
	revision_text TEXT,
	item_revision TEXT,
	data TEXT,
	is_online INTEGER CHECK (is_online IN (0, 1)),
	created_us INTEGER,		-- DateCreated; NULL: absent, unreadable
	problem TEXT,
	extra TEXT
);

-- Finds what was seen of a number; grows in place, since a stream's numbers
-- mostly rise.
CREATE INDEX event_seq ON event (stream_id, seq);

-- Intervals of missing numbers, and of those that came late.
CREATE TABLE gap (
	gap_id INTEGER PRIMARY KEY,
	stream_id INTEGER NOT NULL REFERENCES stream,
	first INTEGER NOT NULL CHECK (first >= 0),
	last INTEGER NOT NULL,
	state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
	opened_by INTEGER NOT NULL REFERENCES delivery,
	closed_by INTEGER,	-- position of the delivery that filled it, or
				-- of the action that explained it or gave it up
	CHECK (first <= last),
	CHECK ((closed_by IS NULL) = (state IN (1, 2)))
);

-- Finds the missing interval around a number.
CREATE INDEX gap_missing ON gap (stream_id, first) WHERE state <> 3;

-- The latest event of each item; a removed one leaves its tombstone.
CREATE TABLE item (
	stream_id INTEGER NOT NULL REFERENCES stream,
	item NOT NULL,		-- index or key: text, or a blob as in stream
	position INTEGER NOT NULL REFERENCES delivery,
	seq INTEGER NOT NULL,
	removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
	PRIMARY KEY (stream_id, item)
) WITHOUT ROWID;

----------------------------------------------------------------------------
-- The quarantine: bounded, the oldest go first.
CREATE TABLE reject (
	reject_id INTEGER PRIMARY KEY,
	received_us INTEGER NOT NULL,
	status INTEGER NOT NULL,	-- of the HTTP answer
	reason TEXT NOT NULL,
	account_sid TEXT,
	remote_addr TEXT,
	url TEXT,
	signature TEXT,
	content_type TEXT,
	body BLOB			-- NULL: was not read
);

INSERT INTO gate (id, open) VALUES (1, 0);
