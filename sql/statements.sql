-- Every statement that the programs run on an open journal, each under its
-- name. Parameters are ?1, ?2, ... in the order of the call that binds them.

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: savepoint
SAVEPOINT one_delivery;

-- name: rollback_to
ROLLBACK TO one_delivery;

-- name: release
RELEASE one_delivery;

-- name: user_version
PRAGMA user_version;

-- name: journal_create
INSERT INTO journal (id, uuid, created_us, mode, schema_version,
	program_version)
VALUES (1, lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4'
	|| substr(hex(randomblob(2)), 2) || '-'
	|| substr('89AB', 1 + (random() & 3), 1)
	|| substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
	?1, ?2, '1.0', ?3);

-- name: journal_program
UPDATE journal SET program_version = ?1 WHERE program_version <> ?1;

-- name: journal_touch
UPDATE journal SET reject_bytes = reject_bytes + ?1;

-- name: journal_mode
SELECT mode FROM journal;

-- name: word_put
INSERT INTO word (domain, code, name) VALUES (?1, ?2, ?3)
ON CONFLICT (domain, code) DO UPDATE SET name = excluded.name;

-- name: position_last
SELECT max(coalesce((SELECT max(position) FROM delivery), 0),
	coalesce((SELECT max(position) FROM setting), 0),
	coalesce((SELECT max(position) FROM action), 0));

-- name: evidence_find
SELECT evidence_id FROM evidence
WHERE url = ?1 AND key_id = ?2 AND content_type = ?3;

-- name: evidence_put
INSERT INTO evidence (evidence_id, url, key_id, content_type)
VALUES ((SELECT coalesce(max(evidence_id), 0) + 1 FROM evidence), ?1, ?2, ?3);

-- name: delivery_put
INSERT INTO delivery (position, received_us, evidence_id, signature,
	idempotency_token, body, body_sha256)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: setting_find
SELECT value FROM setting WHERE service_sid = ?1 AND name = ?2
ORDER BY position DESC LIMIT 1;

-- name: setting_services
SELECT DISTINCT service_sid FROM setting WHERE service_sid > ?1
ORDER BY service_sid LIMIT 1;

-- name: setting_put
INSERT INTO setting (position, at_us, service_sid, name, value)
VALUES (?1, ?2, ?3, ?4, ?5);

-- name: action_put
INSERT INTO action (position, at_us, actor, kind, detail)
VALUES (?1, ?2, ?3, ?4, ?5);

-- name: service_find
SELECT service_id FROM service WHERE account_sid = ?1 AND service_sid = ?2;

-- name: service_put
INSERT INTO service (account_sid, service_sid) VALUES (?1, ?2);

-- name: stream_find
SELECT stream_id, first_seq, head, observed, created,
	created_seq, removed, state_position, state_seq
FROM stream WHERE service_id = ?1 AND kind = ?2 AND key = ?3;

-- name: stream_put
INSERT INTO stream (service_id, kind, key, key_text, observed, created, removed,
	first_us, last_us)
VALUES (?1, ?2, ?3, ?4, 0, 0, 0, ?5, ?5);

-- name: stream_update
UPDATE stream SET unique_name = coalesce(unique_name, ?2), first_seq = ?3,
	head = ?4, observed = ?5, created = ?6, created_seq = ?7, removed = ?8,
	state_position = ?9, state_seq = ?10, first_us = min(first_us, ?11),
	last_us = max(last_us, ?11)
WHERE stream_id = ?1;

-- name: event_seen
SELECT type, content FROM event WHERE stream_id = ?1 AND seq = ?2;

-- name: event_seen_lifecycle
SELECT type, content FROM event
WHERE stream_id = ?1 AND seq IS NULL AND type = ?2;

-- name: event_put
INSERT INTO event (position, type, type_text, service_id, stream_id, seq,
	verdict, revision_verdict, behind, content, identity, endpoint_id,
	unique_name, item, event_id, revision, revision_text, item_revision,
	data, is_online, created_us, problem, extra)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
	?17, ?18, ?19, ?20, ?21, ?22, ?23);

-- name: gap_around
SELECT gap_id, first, last, state FROM gap
WHERE stream_id = ?1 AND first <= ?2 AND state <> 3
ORDER BY first DESC LIMIT 1;

-- name: gap_resize
UPDATE gap SET first = ?2, last = ?3 WHERE gap_id = ?1;

-- name: gap_fill
UPDATE gap SET state = 3, closed_by = ?2 WHERE gap_id = ?1;

-- name: gap_remove
DELETE FROM gap WHERE gap_id = ?1;

-- name: gap_add
INSERT INTO gap (stream_id, first, last, state, opened_by)
VALUES (?1, ?2, ?3, ?4, ?5);

-- name: gap_split
INSERT INTO gap (stream_id, first, last, state, opened_by, closed_by)
SELECT stream_id, ?2, ?3, state, opened_by, closed_by FROM gap
WHERE gap_id = ?1;

-- name: gap_split_filled
INSERT INTO gap (stream_id, first, last, state, opened_by, closed_by)
SELECT stream_id, ?2, ?3, 3, opened_by, ?4 FROM gap WHERE gap_id = ?1;

-- name: gap_open_unobserved
UPDATE gap SET state = 2, opened_by = ?3
WHERE stream_id = ?1 AND first >= ?2 AND state <> 3 AND state = 1;

-- name: gap_clear_below
DELETE FROM gap WHERE stream_id = ?1 AND first < ?2 AND state <> 3;

-- name: item_put
INSERT INTO item (stream_id, item, position, seq, removed)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (stream_id, item) DO UPDATE SET position = excluded.position,
	seq = excluded.seq, removed = excluded.removed
WHERE excluded.seq > item.seq;

-- name: reject_put
INSERT INTO reject (reject_id, received_us, status, reason, account_sid,
	remote_addr, url, signature, content_type, body)
VALUES ((SELECT coalesce(max(reject_id), 0) + 1 FROM reject),
	?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: reject_oldest
SELECT reject_id, coalesce(length(body), 0) FROM reject
ORDER BY reject_id LIMIT 1;

-- name: reject_remove
DELETE FROM reject WHERE reject_id = ?1;

-- name: reject_size
SELECT rejects_total, reject_bytes,
	coalesce((SELECT max(reject_id) FROM reject), 0)
		- coalesce((SELECT min(reject_id) FROM reject), 1) + 1
FROM journal;

-- name: reject_recent
SELECT count(*) FROM (SELECT received_us FROM reject
	ORDER BY reject_id DESC LIMIT ?1)
WHERE received_us > ?2 - 1000000 AND received_us <= ?2;

-- name: reject_count
UPDATE journal SET rejects_total = ?1, reject_bytes = ?2;

-- name: json_is_object
SELECT CASE WHEN json_valid(?1) THEN json_type(?1) = 'object' ELSE 0 END;

-- name: json_members
SELECT key, value FROM json_each(?1) WHERE type <> 'null';

----------------------------------------------------------------------------
-- Listings of the audit program: ?1 is how many rows at most, -1 for all.

-- name: list_info
SELECT schema_version, journal_mode, created_at, program_version,
	sqlite_version, deliveries, rejects_total
FROM journal_info LIMIT ?1;

-- name: list_events
SELECT position, received_at, event_type, coalesce(unique_name, object_sid,
	identity) AS about, item, seq, verdict, behind, identity, problem
FROM events ORDER BY position DESC LIMIT ?1;

-- name: list_streams
SELECT stream_kind, service_sid, stream_key, unique_name, first_seq, head,
	observed, missing, first_received_at, last_received_at
FROM streams
ORDER BY stream_kind = 'identity', missing DESC, last_received_at DESC LIMIT ?1;

-- name: list_gaps
SELECT gap_id, stream_kind, service_sid, stream_key, unique_name, first_missing,
	last_missing, state, likely_silent, after_at, before_at, opened_at,
	closed_at, filled_by, actor, reason
FROM gaps WHERE state <> 'unobserved'
ORDER BY state = 'open' DESC, gap_id DESC LIMIT ?1;

-- name: list_stale
SELECT position, received_at, stream_kind, service_sid, stream_key, unique_name,
	item, seq, head, behind, verdict, event_type
FROM stale_deliveries ORDER BY position DESC LIMIT ?1;

-- name: list_documents
SELECT document_sid, service_sid, unique_name, revision, updated_by, updated_at, removed,
	open_gaps, position, data
FROM documents ORDER BY position DESC LIMIT ?1;

-- name: list_rejects
SELECT reject_id, received_at, status, reason, account_sid, remote_addr, url,
	content_type, length(body) AS body_bytes
FROM rejects ORDER BY reject_id DESC LIMIT ?1;

-- name: list_actions
SELECT position, at, actor, kind, detail
FROM actions ORDER BY position DESC LIMIT ?1;
