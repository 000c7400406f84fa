-- 0004-rejects: the quarantine knows what looks like Twilio's and what it has
-- seen in all; its ids are never used again.

ALTER TABLE reject ADD COLUMN likeness INTEGER NOT NULL DEFAULT 0
	CHECK (likeness IN (0, 1, 2));	-- 0 not like Twilio's; 1 like it; 2 and
					-- of an account of the configuration
ALTER TABLE reject ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;	-- of its texts
					-- and body
ALTER TABLE reject ADD COLUMN idempotency_token TEXT;	-- as received; NULL:
					-- there was none, or not kept then

UPDATE reject SET bytes = length(CAST(reason AS BLOB))
	+ coalesce(length(CAST(account_sid AS BLOB)), 0)
	+ coalesce(length(CAST(remote_addr AS BLOB)), 0)
	+ coalesce(length(CAST(url AS BLOB)), 0)
	+ coalesce(length(CAST(signature AS BLOB)), 0)
	+ coalesce(length(CAST(content_type AS BLOB)), 0)
	+ coalesce(length(body), 0);

-- Finds what is to go first, and what came last of a likeness.
CREATE INDEX reject_likeness ON reject (likeness, reject_id);

ALTER TABLE journal ADD COLUMN reject_rows INTEGER NOT NULL DEFAULT 0;	-- in
					-- reject; reject_bytes has their bytes
ALTER TABLE journal ADD COLUMN reject_last INTEGER NOT NULL DEFAULT 0;	-- the
					-- largest reject_id that was ever given
UPDATE journal SET reject_rows = (SELECT count(*) FROM reject),
	reject_bytes = (SELECT coalesce(sum(bytes), 0) FROM reject),
	reject_last = (SELECT coalesce(max(reject_id), 0) FROM reject);

-- What was refused, whether it was kept or not: survives eviction. The reasons
-- are the program's own words, a dozen.
CREATE TABLE reject_count (
	reason TEXT PRIMARY KEY,
	requests INTEGER NOT NULL,
	like_twilio INTEGER NOT NULL,	-- of these, with likeness 1 or 2
	first_us INTEGER NOT NULL,
	last_us INTEGER NOT NULL
) WITHOUT ROWID;

-- Of those from before, what is still kept.
INSERT INTO reject_count (reason, requests, like_twilio, first_us, last_us)
SELECT reason, count(*), 0, min(received_us), max(received_us)
FROM reject GROUP BY reason;
