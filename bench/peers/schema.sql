-- The journal of the peers in PHP and Node, made once before a run. The mode is
-- kept in the file; synchronous = FULL is for each connection to set.
PRAGMA journal_mode = WAL;

CREATE TABLE delivery (
	id INTEGER PRIMARY KEY,
	received_us INTEGER NOT NULL,
	url TEXT NOT NULL,
	signature TEXT NOT NULL,
	body TEXT NOT NULL
);

CREATE TABLE stream (
	id INTEGER PRIMARY KEY,
	service_sid TEXT NOT NULL,
	kind TEXT NOT NULL,	-- document, list, map, endpoint
	key TEXT NOT NULL,
	first INTEGER NOT NULL,	-- smallest number observed
	head INTEGER NOT NULL,	-- largest
	UNIQUE (service_sid, kind, key)
);

CREATE TABLE event (
	delivery_id INTEGER PRIMARY KEY REFERENCES delivery,
	type TEXT NOT NULL,
	stream_id INTEGER REFERENCES stream,
	seq INTEGER,
	verdict TEXT NOT NULL,
	identity TEXT,
	item TEXT,
	data TEXT,
	date_created TEXT
);
CREATE INDEX event_seq ON event (stream_id, seq);

-- Numbers that were not observed, or not yet when they were due.
CREATE TABLE gap (
	id INTEGER PRIMARY KEY,
	stream_id INTEGER NOT NULL REFERENCES stream,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	opened_by INTEGER NOT NULL REFERENCES delivery,
	filled_by INTEGER REFERENCES delivery
);
CREATE INDEX gap_open ON gap (stream_id, first) WHERE filled_by IS NULL;
