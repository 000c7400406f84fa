-- 0002-generations: projections in two generations, what is learned of a
-- service, what operators say of gaps, and the progress of a rebuild.
--
-- What stands between "for each generation" and "end" is run twice, with "@"
-- as "_a" and as "_b". One generation is in use (journal.generation); a rebuild
-- fills the other and changes over. Ids are made of positions, so that both
-- come out the same, row for row.

ALTER TABLE journal ADD COLUMN generation INTEGER NOT NULL DEFAULT 0
	CHECK (generation IN (0, 1));	-- in use: 0 "_a", 1 "_b"

-- What is to be done in slices, and how far it is. One row; neither record nor
-- projection.
CREATE TABLE upkeep (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	-- 0 none; 1 the generation that is not in use is being filled; 2 it is
	-- being emptied
	rebuild INTEGER NOT NULL CHECK (rebuild IN (0, 1, 2)),
	wanted INTEGER NOT NULL CHECK (wanted IN (0, 1)),	-- a rebuild is to begin
	position INTEGER NOT NULL,	-- of the record; up to here it is filled
	sweep INTEGER,		-- after a change of base: streams up to this id
				-- are in their service's; NULL: all are
	changes INTEGER NOT NULL	-- of bases and of their reasons so far
);
-- A journal of version 1 needs a rebuild: much of this was not kept there.
INSERT INTO upkeep (id, rebuild, wanted, position, changes)
VALUES (1, 0, EXISTS (SELECT 1 FROM delivery), 0, 0);

-- Of an action: the missing numbers that an operator explained or gave up.
-- A part of the record, and append-only as that.
CREATE TABLE gap_action (
	position INTEGER PRIMARY KEY REFERENCES action,
	account_sid TEXT NOT NULL,
	service_sid TEXT NOT NULL,
	kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
	key NOT NULL,		-- of the stream, as there
	first INTEGER NOT NULL CHECK (first >= 0),
	last INTEGER NOT NULL,
	state INTEGER NOT NULL CHECK (state IN (4, 5)),	-- explained, lost
	base INTEGER NOT NULL CHECK (base IN (10, 16)),	-- numbers are meant in
	CHECK (first <= last)
);

-- What was said of a stream.
CREATE INDEX gap_action_key ON gap_action (key, position);

CREATE TRIGGER gap_action_update BEFORE UPDATE ON gap_action
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END;
CREATE TRIGGER gap_action_delete BEFORE DELETE ON gap_action
WHEN (SELECT open FROM gate) IS NOT 1
BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END;
CREATE TRIGGER gap_action_insert BEFORE INSERT ON gap_action
WHEN EXISTS (SELECT 1 FROM gap_action WHERE position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'this position is used: actions are append-only'); END;

----------------------------------------------------------------------------
-- Projections: what follows from the record, in the order of positions.

-- for each generation

-- A service of an account, as deliveries name them; '' where one did not.
CREATE TABLE service@ (
	service_id INTEGER PRIMARY KEY,	-- position of its first delivery
	account_sid TEXT NOT NULL,
	service_sid TEXT NOT NULL,
	base INTEGER NOT NULL CHECK (base IN (10, 16)),	-- of its revisions
	base_reason INTEGER NOT NULL,	-- word base_reason
	rest_position INTEGER,	-- of the first event that was written through
				-- REST; NULL: none yet
	UNIQUE (account_sid, service_sid)
);

-- From which deliveries the base of a service is known; as many rows as it
-- takes to know.
CREATE TABLE base_evidence@ (
	service_id INTEGER NOT NULL REFERENCES service@,
	kind INTEGER NOT NULL,	-- word base_evidence
	event_id INTEGER NOT NULL,	-- that ItemRevision repeats; else 0
	position INTEGER NOT NULL REFERENCES delivery,	-- the first of these
	PRIMARY KEY (service_id, kind, event_id)
) WITHOUT ROWID;

-- One sequence that Twilio numbers, and the state of what it is about.
CREATE TABLE stream@ (
	stream_id INTEGER PRIMARY KEY,	-- position of its first delivery
	service_id INTEGER NOT NULL REFERENCES service@,
	kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),
	key NOT NULL,		-- SID or identity: text, or a blob of the exact
				-- bytes where they are not UTF-8 or have a NUL
	key_text TEXT,		-- for a blob: its text, bytes as \xHH
	unique_name TEXT,	-- the first that was given
	base INTEGER NOT NULL CHECK (base IN (10, 16)),	-- it was judged in
	first_seq INTEGER,	-- smallest observed; NULL: none yet
	head INTEGER,		-- largest observed
	head_revision INTEGER,	-- lists, maps: revision at the head, if readable
	observed INTEGER NOT NULL,	-- distinct numbers
	events INTEGER NOT NULL,	-- deliveries, of any verdict
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
CREATE TABLE event@ (
	position INTEGER PRIMARY KEY REFERENCES delivery,
	type INTEGER NOT NULL,		-- word event_type; 0: unknown
	type_text TEXT,			-- of an unknown type, as received
	service_id INTEGER NOT NULL REFERENCES service@,
	stream_id INTEGER REFERENCES stream@,
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
CREATE INDEX event_seq@ ON event@ (stream_id, seq);

-- Finds the neighbours of an item's event, and an item's history.
CREATE INDEX event_item@ ON event@ (stream_id, item, seq)
	WHERE item IS NOT NULL;

-- Finds what an audit reports; the rare ones alone.
CREATE INDEX event_noted@ ON event@ (verdict)
	WHERE verdict IN (6, 8) OR revision_verdict > 1 OR problem IS NOT NULL;

-- Intervals of missing numbers, and of those that came late.
CREATE TABLE gap@ (
	gap_id INTEGER PRIMARY KEY,	-- position of what made this row, times
					-- 16, plus 8 if in base 16, and its
					-- place among those
	stream_id INTEGER NOT NULL REFERENCES stream@,
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
CREATE INDEX gap_stream@ ON gap@ (stream_id, state = 3, first);

-- The latest event of each item of a list or map, and of each endpoint of an
-- identity; one that was removed, or disconnected, leaves its tombstone.
CREATE TABLE item@ (
	stream_id INTEGER NOT NULL REFERENCES stream@,
	item NOT NULL,		-- index, key or endpoint: text, or a blob as in
				-- stream
	position INTEGER NOT NULL REFERENCES delivery,
	seq INTEGER NOT NULL,
	removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
	revision INTEGER,	-- its ItemRevision, if readable
	PRIMARY KEY (stream_id, item)
) WITHOUT ROWID;

-- end

-- What version 1 had is good until the rebuild is done.
INSERT INTO service_a (service_id, account_sid, service_sid, base, base_reason)
SELECT service_id, account_sid, service_sid, 10, 1 FROM service;
INSERT INTO stream_a (stream_id, service_id, kind, key, key_text, unique_name,
	base, first_seq, head, observed, events, created, created_seq, removed,
	state_position, state_seq, first_us, last_us)
SELECT stream_id, service_id, kind, key, key_text, unique_name, 10, first_seq,
	head, observed, (SELECT count(*) FROM event AS e
		WHERE e.stream_id = stream.stream_id), created, created_seq, removed, state_position,
	state_seq, first_us, last_us
FROM stream;
INSERT INTO event_a (position, type, type_text, service_id, stream_id, seq,
	verdict, behind, content, identity, endpoint_id, unique_name, item,
	event_id, revision, revision_text, item_revision, data, is_online,
	created_us, problem, extra)
SELECT position, type, type_text, service_id, stream_id, seq, verdict, behind,
	content, identity, endpoint_id, unique_name, item, event_id, revision,
	revision_text, item_revision, data, is_online, created_us, problem, extra
FROM event;
INSERT INTO gap_a (gap_id, stream_id, first, last, state, opened_by, closed_by)
-- Beyond all ids that are made of positions.
SELECT gap_id + (1 << 60), stream_id, first, last, state, opened_by, closed_by
FROM gap;
INSERT INTO item_a (stream_id, item, position, seq, removed)
SELECT stream_id, item, position, seq, removed FROM item;
DROP TABLE item;
DROP TABLE gap;
DROP TABLE event;
DROP TABLE stream;
DROP TABLE service;
