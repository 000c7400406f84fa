-- Every statement that the programs run on an open journal, each under its
-- name. Parameters are ?1, ?2, ... in the order of the call that binds them.

-- name: begin
BEGIN IMMEDIATE;

-- name: begin_read
BEGIN;

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

-- Another one once another connection has written.

-- name: data_version
PRAGMA data_version;

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
	coalesce((SELECT max(position) FROM action), 0)),
	(SELECT generation FROM journal),
	(SELECT rebuild <> 0 OR wanted OR sweep IS NOT NULL FROM upkeep),
	(SELECT changes FROM upkeep);

-- name: evidence_find
SELECT evidence_id FROM evidence
WHERE url = ?1 AND key_id = ?2 AND content_type = ?3;

-- name: evidence_put
INSERT INTO evidence (evidence_id, url, key_id, content_type)
VALUES ((SELECT coalesce(max(evidence_id), 0) + 1 FROM evidence), ?1, ?2, ?3);

-- name: delivery_put
INSERT INTO delivery (position, received_us, evidence_id, signature,
	idempotency_token, body, body_sha256, origin_id, origin_position)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

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
SELECT service_id, base, base_reason, rest_position FROM service@
WHERE account_sid = ?1 AND service_sid = ?2;

-- name: service_put
INSERT INTO service@ (service_id, account_sid, service_sid, base, base_reason)
VALUES (?1, ?2, ?3, ?4, ?5);

-- name: service_base
UPDATE service@ SET base = ?2, base_reason = ?3 WHERE service_id = ?1;

-- name: service_rest
UPDATE service@ SET rest_position = ?2 WHERE service_id = ?1;

-- name: service_next
SELECT service_id, base, base_reason, service_sid FROM service@
WHERE service_id > ?1 ORDER BY service_id LIMIT 1;

-- name: base_evidence_read
SELECT kind, event_id FROM base_evidence@ WHERE service_id = ?1;

-- name: base_evidence_put
INSERT INTO base_evidence@ (service_id, kind, event_id, position)
VALUES (?1, ?2, ?3, ?4);

-- name: stream_find
SELECT stream_id, unique_name IS NOT NULL, base, first_seq, head, head_revision,
	observed, events, created, created_seq, removed, state_position,
	state_seq, first_us, last_us
FROM stream@ WHERE service_id = ?1 AND kind = ?2 AND key = ?3;

-- name: stream_put
INSERT INTO stream@ (stream_id, unique_name, base, first_seq, head,
	head_revision, observed, events, created, created_seq, removed,
	state_position, state_seq, first_us, last_us, service_id, kind, key,
	key_text)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
	?17, ?18, ?19);

-- name: stream_update
UPDATE stream@ SET unique_name = coalesce(unique_name, ?2), base = ?3,
	first_seq = ?4, head = ?5, head_revision = ?6, observed = ?7,
	events = ?8, created = ?9, created_seq = ?10, removed = ?11,
	state_position = ?12, state_seq = ?13, first_us = ?14, last_us = ?15
WHERE stream_id = ?1;

-- Streams whose base is not their service's; ids from ?1 to ?2. Identities
-- (kind 4) have no revisions.

-- name: stream_stale
SELECT s.stream_id, v.base FROM stream@ AS s
JOIN service@ AS v ON v.service_id = s.service_id
WHERE s.stream_id > ?1 AND s.stream_id <= ?2 AND s.kind <> 4
AND s.base <> v.base ORDER BY s.stream_id LIMIT 1;

-- name: stream_last
SELECT coalesce(max(stream_id), 0) FROM stream@;

-- name: stream_by_id
SELECT s.service_id, s.kind, s.key, v.account_sid, v.service_sid, s.base
FROM stream@ AS s JOIN service@ AS v ON v.service_id = s.service_id
WHERE s.stream_id = ?1;

-- What a person means by ?1 (src/audit/name.h): a SID; or a unique name or an
-- identity (kind 4). Of kind ?2 and service ?3 ('': none), where given; the
-- newest first. The view services, which has the base, reads all streams.

-- name: name_sid
SELECT s.kind, nullif(v.service_sid, ''), coalesce(s.key_text, s.key),
	s.unique_name, s.removed, s.first_us, s.last_us, v.base,
	v.base_reason = 1
FROM stream@ AS s CROSS JOIN service@ AS v ON v.service_id = s.service_id
WHERE coalesce(s.key_text, s.key) = ?1 AND s.kind <> 4
AND s.kind = coalesce(?2, s.kind)
AND v.service_sid = coalesce(?3, v.service_sid)
ORDER BY s.first_us DESC, s.stream_id DESC;

-- name: name_find
SELECT s.kind, nullif(v.service_sid, ''), coalesce(s.key_text, s.key),
	s.unique_name, s.removed, s.first_us, s.last_us, v.base,
	v.base_reason = 1, s.stream_id
FROM stream@ AS s CROSS JOIN service@ AS v ON v.service_id = s.service_id
WHERE s.unique_name = ?1 AND s.kind <> 4 AND s.kind = coalesce(?2, s.kind)
AND v.service_sid = coalesce(?3, v.service_sid)
UNION ALL
SELECT s.kind, nullif(v.service_sid, ''), coalesce(s.key_text, s.key),
	NULL, s.removed, s.first_us, s.last_us, v.base,
	v.base_reason = 1, s.stream_id
FROM stream@ AS s CROSS JOIN service@ AS v ON v.service_id = s.service_id
WHERE coalesce(s.key_text, s.key) = ?1 AND s.kind = 4
AND s.kind = coalesce(?2, s.kind)
AND v.service_sid = coalesce(?3, v.service_sid)
ORDER BY 6 DESC, 10 DESC;

-- All names, the newest first. No more of each than it takes to see whether it
-- is near: most are not.

-- name: name_near
SELECT stream_id, coalesce(unique_name, key_text, key)
FROM stream@ WHERE unique_name IS NOT NULL OR kind = 4
ORDER BY stream_id DESC;

-- name: name_by_id
SELECT s.kind, nullif(v.service_sid, ''), coalesce(s.key_text, s.key),
	s.unique_name, s.removed, s.first_us, s.last_us, v.base,
	v.base_reason = 1
FROM stream@ AS s JOIN service@ AS v ON v.service_id = s.service_id
WHERE s.stream_id = ?1;

-- name: stream_positions
SELECT e.position, length(d.body)
FROM event@ AS e CROSS JOIN delivery AS d ON d.position = e.position
WHERE e.stream_id = ?1 ORDER BY e.position;

-- name: event_seen
SELECT type, content FROM event@
WHERE stream_id = ?1 AND seq = ?2 AND position < ?3;

-- name: event_seen_lifecycle
SELECT type, content FROM event@
WHERE stream_id = ?1 AND seq IS NULL AND type = ?2 AND position < ?3;

-- name: event_put
INSERT INTO event@ (position, type, type_text, service_id, stream_id, seq,
	verdict, revision_verdict, behind, content, identity, endpoint_id,
	unique_name, item, event_id, revision, revision_text, item_revision,
	data, is_online, created_us, problem, extra)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
	?17, ?18, ?19, ?20, ?21, ?22, ?23);

-- name: event_rejudge
UPDATE event@ SET seq = ?2, verdict = ?3, revision_verdict = ?4, behind = ?5,
	revision = ?6, problem = ?7
WHERE position = ?1;

-- Neighbours along the stream's number: duplicates and conflicts (verdicts 5
-- and 6) do not count.

-- name: revision_below
SELECT revision FROM event@
WHERE stream_id = ?1 AND seq < ?2 AND position < ?3
AND revision IS NOT NULL AND verdict NOT IN (5, 6)
ORDER BY seq DESC LIMIT 1;

-- name: revision_above
SELECT revision FROM event@
WHERE stream_id = ?1 AND seq > ?2 AND position < ?3
AND revision IS NOT NULL AND verdict NOT IN (5, 6)
ORDER BY seq LIMIT 1;

-- name: item_below
SELECT type, item_revision FROM event@
WHERE stream_id = ?1 AND item = ?2 AND seq < ?3 AND position < ?4
AND verdict NOT IN (5, 6)
ORDER BY seq DESC;

-- name: item_above
SELECT type, item_revision FROM event@
WHERE stream_id = ?1 AND item = ?2 AND seq > ?3 AND position < ?4
AND verdict NOT IN (5, 6)
ORDER BY seq;

-- name: gap_around
SELECT gap_id, first, last, state FROM gap@
WHERE stream_id = ?1 AND (state = 3) = 0 AND first <= ?2
ORDER BY first DESC LIMIT 1;

-- name: gap_by_id
SELECT stream_id, first, last, state FROM gap@ WHERE gap_id = ?1;

-- name: gap_resize
UPDATE gap@ SET first = ?2, last = ?3 WHERE gap_id = ?1;

-- name: gap_close
UPDATE gap@ SET state = ?2, closed_by = ?3 WHERE gap_id = ?1;

-- name: gap_remove
DELETE FROM gap@ WHERE gap_id = ?1;

-- name: gap_add
INSERT INTO gap@ (gap_id, stream_id, first, last, state, opened_by)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: gap_split
INSERT INTO gap@ (gap_id, stream_id, first, last, state, opened_by, closed_by)
SELECT ?1, stream_id, ?3, ?4, state, opened_by, closed_by FROM gap@
WHERE gap_id = ?2;

-- name: gap_split_closed
INSERT INTO gap@ (gap_id, stream_id, first, last, state, opened_by, closed_by)
SELECT ?1, stream_id, ?3, ?4, ?5, opened_by, ?6 FROM gap@ WHERE gap_id = ?2;

-- name: gap_open_unobserved
UPDATE gap@ SET state = 2, opened_by = ?3
WHERE stream_id = ?1 AND first >= ?2 AND (state = 3) = 0 AND state = 1;

-- name: gap_clear_below
DELETE FROM gap@ WHERE stream_id = ?1 AND first < ?2 AND (state = 3) = 0;

-- name: gap_clear
DELETE FROM gap@ WHERE stream_id = ?1;

-- name: gap_action_put
INSERT INTO gap_action (position, account_sid, service_sid, kind, key, first,
	last, state, base)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: gap_action_next
SELECT position, account_sid, service_sid, kind, key, first, last, state, base
FROM gap_action WHERE position > ?1 ORDER BY position LIMIT 1;

-- name: gap_action_of
SELECT position, account_sid, service_sid, kind, key, first, last, state, base
FROM gap_action
WHERE key = ?1 AND position > ?2 AND kind = ?3 AND account_sid = ?4
AND service_sid = ?5 ORDER BY position LIMIT 1;

-- name: item_find
SELECT seq, removed, revision FROM item@ WHERE stream_id = ?1 AND item = ?2;

-- name: item_put
INSERT INTO item@ (stream_id, item, position, seq, removed, revision)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (stream_id, item) DO UPDATE SET position = excluded.position,
	seq = excluded.seq, removed = excluded.removed,
	revision = excluded.revision;

-- name: item_clear
DELETE FROM item@ WHERE stream_id = ?1;

----------------------------------------------------------------------------
-- The record, read again.

-- name: record_delivery
SELECT d.received_us, v.content_type, d.body
FROM delivery AS d JOIN evidence AS v ON v.evidence_id = d.evidence_id
WHERE d.position = ?1;

-- name: record_next
SELECT d.position, d.received_us, v.content_type, d.body
FROM delivery AS d CROSS JOIN evidence AS v ON v.evidence_id = d.evidence_id
WHERE d.position > ?1 AND d.position <= ?2 ORDER BY d.position;

-- name: record_check
SELECT e.position, e.type, e.type_text, e.service_id, e.stream_id, e.seq,
	e.verdict, e.revision_verdict, e.behind, e.content, e.identity,
	e.endpoint_id, e.unique_name, e.item, e.event_id, e.revision,
	e.revision_text, e.item_revision, e.data, e.is_online, e.created_us,
	e.problem, e.extra, d.position, d.received_us, v.content_type, d.body
FROM delivery AS d CROSS JOIN evidence AS v ON v.evidence_id = d.evidence_id
LEFT JOIN event@ AS e ON e.position = d.position
WHERE d.position > ?1 AND d.position <= ?2 ORDER BY d.position;

-- name: origin_find
SELECT origin_id FROM origin WHERE uuid = ?1;

-- name: origin_put
INSERT INTO origin (origin_id, uuid)
VALUES ((SELECT coalesce(max(origin_id), 0) + 1 FROM origin), ?1);

-- name: delivery_of_origin
SELECT d.received_us, d.body_sha256
FROM origin AS o JOIN delivery AS d ON d.origin_id = o.origin_id
WHERE o.uuid = ?1 AND d.origin_position = ?2;

-- name: delivery_own
SELECT received_us, body_sha256 FROM delivery
WHERE position = ?1 AND origin_id IS NULL;

-- name: journal_uuid
SELECT uuid FROM journal;

-- name: merge_scan
SELECT d.position, d.received_us, o.uuid, d.origin_position, d.body_sha256
FROM delivery AS d LEFT JOIN origin AS o ON o.origin_id = d.origin_id
WHERE d.position > ?1 ORDER BY d.position LIMIT ?2;

-- name: merge_read
SELECT v.url, v.key_id, v.content_type, d.signature, d.idempotency_token, d.body
FROM delivery AS d JOIN evidence AS v ON v.evidence_id = d.evidence_id
WHERE d.position = ?1;

----------------------------------------------------------------------------
-- A rebuild.

-- name: generation
SELECT generation FROM journal;

-- name: generation_use
UPDATE journal SET generation = ?1;

-- name: upkeep_read
SELECT rebuild, wanted, position, sweep, changes FROM upkeep;

-- name: upkeep_rebuild
UPDATE upkeep SET rebuild = ?1, wanted = ?2, position = ?3;

-- name: upkeep_want
UPDATE upkeep SET wanted = 1;

-- name: upkeep_sweep
UPDATE upkeep SET sweep = ?1;

-- name: upkeep_change
UPDATE upkeep SET changes = changes + 1;

-- name: event_empty
DELETE FROM event@ WHERE position IN
	(SELECT position FROM event@ ORDER BY position LIMIT ?1);

-- name: gap_empty
DELETE FROM gap@ WHERE gap_id IN
	(SELECT gap_id FROM gap@ ORDER BY gap_id LIMIT ?1);

-- name: item_empty
DELETE FROM item@ WHERE (stream_id, item) IN
	(SELECT stream_id, item FROM item@ ORDER BY stream_id, item LIMIT ?1);

-- name: stream_empty
DELETE FROM stream@ WHERE stream_id IN
	(SELECT stream_id FROM stream@ ORDER BY stream_id LIMIT ?1);

-- name: base_evidence_empty
DELETE FROM base_evidence@ WHERE (service_id, kind, event_id) IN
	(SELECT service_id, kind, event_id FROM base_evidence@
	ORDER BY service_id, kind, event_id LIMIT ?1);

-- name: service_empty
DELETE FROM service@ WHERE service_id IN
	(SELECT service_id FROM service@ ORDER BY service_id LIMIT ?1);

-- name: changes
SELECT changes();

-- Rows after ?1 in the order of their keys, to be compared with those of
-- another database.

-- name: compare_service
SELECT service_id, account_sid, service_sid, base, base_reason, rest_position
FROM service@ WHERE service_id > ?1 ORDER BY service_id;

-- name: compare_base_evidence
SELECT service_id, kind, event_id, position FROM base_evidence@
WHERE service_id > ?1 ORDER BY service_id, kind, event_id;

-- name: compare_stream
SELECT stream_id, service_id, kind, key, key_text, unique_name, base, first_seq,
	head, head_revision, observed, events, created, created_seq, removed,
	state_position, state_seq, first_us, last_us
FROM stream@ WHERE stream_id > ?1 ORDER BY stream_id;

-- name: compare_gap
SELECT gap_id, stream_id, first, last, state, opened_by, closed_by
FROM gap@ WHERE gap_id > ?1 ORDER BY gap_id;

-- name: compare_item
SELECT stream_id, item, position, seq, removed, revision FROM item@
WHERE stream_id > ?1 ORDER BY stream_id, item;

-- name: event_count
SELECT count(*) FROM event@;

-- name: reject_put
INSERT INTO reject (reject_id, received_us, status, likeness, bytes, reason,
	account_sid, remote_addr, url, signature, content_type,
	idempotency_token, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);

-- name: reject_least
SELECT reject_id, bytes FROM reject ORDER BY likeness, reject_id LIMIT 1;

-- name: reject_remove
DELETE FROM reject WHERE reject_id = ?1;

-- name: reject_size
SELECT rejects_total, reject_bytes, reject_rows, reject_last FROM journal;

-- name: reject_recent
SELECT count(*), coalesce(sum(bytes), 0)
FROM (SELECT received_us, bytes FROM reject WHERE likeness = ?3
	ORDER BY reject_id DESC LIMIT ?1)
WHERE received_us > ?2 - 1000000 AND received_us <= ?2;

-- name: reject_count
UPDATE journal SET rejects_total = ?1, reject_bytes = ?2, reject_rows = ?3,
	reject_last = ?4;

-- name: reject_count_put
INSERT OR IGNORE INTO reject_count (reason, requests, like_twilio, first_us,
	last_us)
VALUES (?1, 0, 0, ?2, ?2);

-- name: reject_count_add
UPDATE reject_count SET requests = requests + ?2,
	like_twilio = like_twilio + ?3, last_us = max(last_us, ?4)
WHERE reason = ?1;

-- One that is to be taken out: what it is in the table, at least.
-- name: reject_here
SELECT bytes FROM reject WHERE reject_id = ?1 AND received_us = ?2;

-- name: reject_taken
UPDATE journal SET reject_bytes = reject_bytes - ?1,
	reject_rows = reject_rows - 1;

-- All of them, in the order of their receipt.
-- name: reject_ids
SELECT reject_id FROM reject ORDER BY received_us, reject_id;

-- name: reject_read
SELECT reject_id, received_us, status, likeness, reason, account_sid,
	remote_addr, url, signature, content_type, idempotency_token, body
FROM reject WHERE reject_id = ?1;

-- name: json_is_object
SELECT CASE WHEN json_valid(?1) THEN json_type(?1) = 'object' ELSE 0 END;

-- name: json_members
SELECT key, value FROM json_each(?1) WHERE type <> 'null';

----------------------------------------------------------------------------
-- The command log (src/audit/events.h): NULL asks for nothing.

-- Positions from ?1 to ?2 whose events fit. Verdicts ?9 are between commas.

-- name: log_find
SELECT position FROM events
WHERE position BETWEEN ?1 AND ?2
AND (?3 IS NULL OR received_at >= ?3) AND (?4 IS NULL OR received_at <= ?4)
AND (?5 IS NULL OR event_type = ?5
	OR (?6 AND substr(event_type, 1, length(?5)) = ?5))
AND (?7 IS NULL OR identity = ?7)
AND (?8 IS NULL OR coalesce(service_sid, '') = ?8)
AND (?9 IS NULL OR instr(?9, ',' || verdict || ','))
AND (?10 IS NULL OR (stream_kind = ?10 AND service_sid IS ?11
	AND stream_key = ?12))
ORDER BY position;

-- The first ?7 positions from ?4 to ?5 of a stream of kind ?2; ?6 is 1 for
-- upwards, -1 for downwards. By the index alone: the view events would read each
-- delivery too. "+" keeps SQLite from reading all positions instead.

-- name: log_stream
SELECT e.position FROM stream@ AS s
CROSS JOIN service@ AS v ON v.service_id = s.service_id
CROSS JOIN event@ AS e ON e.stream_id = s.stream_id
WHERE coalesce(s.key_text, s.key) = ?1 AND s.kind = ?2
AND nullif(v.service_sid, '') IS ?3 AND +e.position BETWEEN ?4 AND ?5
ORDER BY e.position * ?6 LIMIT ?7;

-- name: log_row
SELECT position, received_at, event_type, account_sid, service_sid, identity,
	endpoint_id, object_sid, unique_name, item, event_id, revision,
	revision_text, item_revision, data, is_identity_online, date_created,
	lag_ms, stream_kind, stream_key, seq, verdict, revision_verdict, behind,
	problem, extra
FROM events WHERE position = ?1;

-- By which a cursor knows the journal again that it is of: the last delivery up
-- to ?1.

-- name: cursor_witness
SELECT position, body_sha256 FROM deliveries WHERE position <= ?1
ORDER BY position DESC LIMIT 1;

----------------------------------------------------------------------------
-- Listings of the audit program. What is wanted of them, their order and how many
-- rows, is put around them (src/cli/select.h).

-- name: list_info
SELECT schema_version, journal_mode, created_at, program_version,
	sqlite_version, deliveries, rejects_total
FROM journal_info;

-- name: list_events
SELECT position, received_at, verdict, event_type, coalesce(unique_name,
	object_sid, identity) AS about, item, seq, behind, identity, problem,
	stream_kind, service_sid, stream_key
FROM events;

-- name: list_streams
SELECT unique_name, stream_kind, service_sid, stream_key, first_seq, head,
	observed, missing, last_received_at, first_received_at
FROM streams;

-- name: list_gaps
SELECT gap_id, state, stream_kind, service_sid, stream_key, unique_name,
	first_missing, last_missing, opened_at, after_at, before_at,
	likely_silent, closed_at, filled_by, actor, reason
FROM gaps;

-- name: list_stale
SELECT position, received_at, verdict, stream_kind, service_sid, stream_key,
	unique_name, item, seq, head, behind, event_type
FROM stale_deliveries;

-- All that was told of a number, if it was told differently. Conflicts are found
-- by event_noted, as in checks.sql; without a number it is one type's.
-- name: list_conflicts
SELECT e.position, e.received_at, e.verdict, e.stream_kind, e.service_sid,
	e.stream_key, e.unique_name, e.item, e.seq, e.event_type, e.identity,
	e.data
FROM (SELECT DISTINCT o.position FROM event@ AS n
	CROSS JOIN event@ AS o ON o.stream_id = n.stream_id AND o.seq IS n.seq
	WHERE n.verdict = 6 AND (n.verdict IN (6, 8)
		OR n.revision_verdict > 1 OR n.problem IS NOT NULL)
	AND o.verdict <> 5 AND (n.seq IS NOT NULL OR o.type = n.type)) AS c
CROSS JOIN events AS e ON e.position = c.position;

-- name: list_documents
SELECT unique_name, document_sid, service_sid, revision, updated_at, updated_by,
	removed, open_gaps, position, data
FROM documents;

-- name: list_lists
SELECT unique_name, list_sid, service_sid, revision, items, removed, open_gaps,
	position
FROM lists;

-- name: list_maps
SELECT unique_name, map_sid, service_sid, revision, items, removed, open_gaps,
	position
FROM maps;

-- name: list_presence
SELECT identity, online, since, endpoints, event_id, position, service_sid
FROM presence;

-- name: list_sessions
SELECT identity, started_at, ended_at, interruptions, event_id, position,
	service_sid
FROM presence_sessions;

-- name: list_services
SELECT account_sid, service_sid, revision_base, base_reason, webhooks_from_rest,
	streams, deliveries, open_gaps, first_received_at, last_received_at
FROM services;

-- name: list_findings
SELECT severity, kind, service_sid, stream_kind, stream_key, position, detail
FROM findings;

-- name: list_rejects
SELECT reject_id, received_at, status, reason, looks_like_twilio, account_sid,
	remote_addr, url, content_type, length(body) AS body_bytes
FROM rejects;

-- name: list_actions
SELECT position, at, actor, kind, detail
FROM actions;

-- Up to where a listing by position may have rows.
-- name: list_last
SELECT max(coalesce((SELECT max(position) FROM delivery), 0),
	coalesce((SELECT max(position) FROM action), 0));

-- A part of a listing: the positions of one stream's events in a range. Looked
-- for in event_seq alone, whatever the range; "+" says so.
-- name: stream_range
SELECT o.position FROM stream@ AS s
CROSS JOIN service@ AS v ON v.service_id = s.service_id
CROSS JOIN event@ AS o ON o.stream_id = s.stream_id
WHERE coalesce(s.key_text, s.key) = :key AND s.kind = :kind
AND nullif(v.service_sid, '') IS :service
AND +o.position BETWEEN :first AND :last;

-- Who wrote the version at a position.
-- name: blame_event
SELECT seq, coalesce(date_created, received_at), identity
FROM events WHERE position = ?1;

----------------------------------------------------------------------------
-- Exports: ISO 8601 times.

-- ?1 after which position, ?2 up to which, ?3 how many at most
-- name: export_events
SELECT position, replace(received_at, ' ', 'T') || 'Z' AS received_at,
	event_type, account_sid, service_sid, identity, endpoint_id, object_sid,
	unique_name, item, event_id, revision, revision_text, item_revision,
	data, is_identity_online, replace(date_created, ' ', 'T') || 'Z'
	AS date_created, lag_ms, stream_kind, stream_key, seq, verdict,
	revision_verdict, behind, problem, extra
FROM events WHERE position > ?1 AND position <= ?2
ORDER BY position LIMIT ?3;

-- What a manifest says of the journal.
-- name: export_about
SELECT j.uuid, i.schema_version, i.program_version,
	replace(i.created_at, ' ', 'T') || 'Z' AS created_at, i.journal_mode,
	j.generation, u.changes, (SELECT max(d.position) FROM delivery AS d)
FROM journal_info AS i CROSS JOIN journal AS j CROSS JOIN upkeep AS u;

-- Those that were open at position ?1: what came later may have filled them.
-- name: export_gaps
SELECT stream_kind, service_sid, stream_key, unique_name, first_missing,
	last_missing, replace(after_at, ' ', 'T') || 'Z' AS after_at,
	replace(before_at, ' ', 'T') || 'Z' AS before_at,
	replace(opened_at, ' ', 'T') || 'Z' AS opened_at, opened_by,
	likely_silent
FROM gaps WHERE opened_by <= ?1 AND (state = 'open' OR filled_by > ?1)
ORDER BY gap_id;

----------------------------------------------------------------------------
-- What was (src/audit/past.h): of the stream with key ?1, kind ?2 and service ?3.
-- The events have one list of columns, that of the view, which alone would read
-- all events for those of a stream: event@ finds them by index, and in order.
-- A document's removal comes behind the update of its number.

-- part: past_columns
SELECT e.seq, e.position, e.event_type, e.verdict, e.item, e.identity,
	e.date_created, e.received_at, e.lag_ms, e.revision_text,
	e.endpoint_id, e.is_identity_online,
	length(CAST(e.data AS BLOB)) AS size,

-- part: past_stream
FROM event@ AS x CROSS JOIN events AS e ON e.position = x.position
WHERE x.stream_id = (SELECT s.stream_id
		FROM stream@ AS s JOIN service@ AS v
		ON v.service_id = s.service_id
		WHERE coalesce(s.key_text, s.key) = ?1 AND s.kind = ?2
		AND nullif(v.service_sid, '') IS ?3 LIMIT 1)

-- From behind number ?4, removal or not ?5, position ?6; ?7 with data, ?8 how
-- many at most.
-- name: past_up
{past_columns}
	CASE WHEN ?7 THEN e.data END AS data
{past_stream}
	AND e.verdict <> 'duplicate' AND x.seq >= ?4
	AND (x.seq, e.event_type = 'document_removed', x.position) > (?4, ?5, ?6)
ORDER BY x.seq, e.event_type = 'document_removed', x.position LIMIT ?8;

-- name: past_down
{past_columns}
	CASE WHEN ?7 THEN e.data END AS data
{past_stream}
	AND e.verdict <> 'duplicate' AND x.seq <= ?4
	AND (x.seq, e.event_type = 'document_removed', x.position) < (?4, ?5, ?6)
ORDER BY x.seq DESC, e.event_type = 'document_removed' DESC, x.position DESC
LIMIT ?8;

-- The same of the item ?9.
-- name: past_item_up
{past_columns}
	CASE WHEN ?7 THEN e.data END AS data
{past_stream}
	AND e.verdict <> 'duplicate' AND x.item = ?9 AND x.seq >= ?4
	AND (x.seq, x.position) > (?4, ?6)
ORDER BY x.seq, x.position LIMIT ?8;

-- name: past_item_down
{past_columns}
	CASE WHEN ?7 THEN e.data END AS data
{past_stream}
	AND e.verdict <> 'duplicate' AND x.item = ?9 AND x.seq <= ?4
	AND (x.seq, x.position) < (?4, ?6)
ORDER BY x.seq DESC, x.position DESC LIMIT ?8;

-- Without a number, from behind position ?6: creations if ?4, else all others;
-- of the item ?9 unless that is NULL.
-- name: past_loose_up
{past_columns}
	CASE WHEN ?7 THEN e.data END AS data
{past_stream}
	AND e.verdict <> 'duplicate' AND x.seq IS NULL AND x.position > ?6
	AND (e.event_type LIKE '%_created') = ?4 AND (?9 IS NULL OR x.item = ?9)
ORDER BY x.position LIMIT ?8;

-- name: past_loose_down
{past_columns}
	CASE WHEN ?7 THEN e.data END AS data
{past_stream}
	AND e.verdict <> 'duplicate' AND x.seq IS NULL AND x.position < ?6
	AND (e.event_type LIKE '%_created') = ?4 AND (?9 IS NULL OR x.item = ?9)
ORDER BY x.position DESC LIMIT ?8;

-- What number ?4 says: of a document both roles may be there.
-- name: past_number
{past_columns}
	e.data
{past_stream}
	AND e.verdict NOT IN ('duplicate', 'conflict') AND x.seq = ?4
ORDER BY e.event_type = 'document_removed';

-- The largest number up to ?4 with a time up to ?5; ?6 0: that is no removal,
-- 1: any, 2: that is one.
-- name: past_last
{past_columns}
	e.data
{past_stream}
	AND e.verdict NOT IN ('duplicate', 'conflict') AND x.seq <= ?4
	AND coalesce(e.date_created, e.received_at) <= ?5
	AND (?6 = 1 OR (e.event_type = 'document_removed') * 2 = ?6)
ORDER BY x.seq DESC, e.event_type = 'document_removed' DESC LIMIT 1;

-- The next number after ?4.
-- name: past_next
{past_columns}
	e.data
{past_stream}
	AND e.verdict NOT IN ('duplicate', 'conflict') AND x.seq > ?4
ORDER BY x.seq, e.event_type = 'document_removed' LIMIT 1;

-- Of the item ?5, the largest number up to ?4, journaled up to ?6.
-- name: past_item_last
{past_columns}
	e.data
{past_stream}
	AND e.verdict NOT IN ('duplicate', 'conflict') AND x.item = ?5
	AND x.seq <= ?4 AND x.position <= ?6
ORDER BY x.seq DESC LIMIT 1;

-- Of the item ?5, the next number after ?4, journaled up to ?6.
-- name: past_item_next
{past_columns}
	e.data
{past_stream}
	AND e.verdict NOT IN ('duplicate', 'conflict') AND x.item = ?5
	AND x.seq > ?4 AND x.position <= ?6
ORDER BY x.seq LIMIT 1;

-- The first of the type ?4 without a number, with a time up to ?5.
-- name: past_loose_first
{past_columns}
	e.data
{past_stream}
	AND e.verdict NOT IN ('duplicate', 'conflict') AND x.seq IS NULL
	AND e.event_type = ?4 AND coalesce(e.date_created, e.received_at) <= ?5
ORDER BY x.position LIMIT 1;

-- The first that should have a number and has none, with a time after ?4 and up
-- to ?5, of the item ?6 unless that is NULL; no removal of the whole.
-- name: past_unsequenced
{past_columns}
	e.data
{past_stream}
	AND e.verdict = 'unsequenced' AND x.seq IS NULL
	AND coalesce(e.date_created, e.received_at) > ?4
	AND coalesce(e.date_created, e.received_at) <= ?5
	AND e.event_type <> 'document_removed' AND (?6 IS NULL OR x.item = ?6)
ORDER BY x.position LIMIT 1;

-- The first number from ?4 to ?5 of an item event that names no item.
-- name: past_nameless
{past_columns}
	e.data
{past_stream}
	AND e.verdict NOT IN ('duplicate', 'conflict') AND x.item IS NULL
	AND x.seq BETWEEN ?4 AND ?5
ORDER BY x.seq LIMIT 1;

-- Whether its numbers are still those of another base than its service's.
-- name: past_base
SELECT s.base <> v.base
FROM stream@ AS s JOIN service@ AS v ON v.service_id = s.service_id
WHERE coalesce(s.key_text, s.key) = ?1 AND s.kind = ?2
	AND nullif(v.service_sid, '') IS ?3 LIMIT 1;

-- Who contradicts number ?4, removals or not ?5.
-- name: past_conflicts
SELECT x.position
{past_stream}
	AND e.verdict = 'conflict' AND x.seq = ?4
	AND (e.event_type = 'document_removed') = ?5
ORDER BY x.position LIMIT ?6;

-- The next item after ?4 in the order of its bytes.
-- name: past_item_name
SELECT x.item
{past_stream}
	AND x.item > ?4
ORDER BY x.item LIMIT 1;

-- The intervals that have a number from ?4 to ?5.
-- name: missing_up
SELECT gap_id, first_missing, last_missing, state, likely_silent, after_at,
	before_at, opened_at, closed_at, actor, reason
FROM gaps
WHERE stream_key = ?1 AND stream_kind = ?2 AND service_sid IS ?3
	AND state <> 'filled' AND last_missing >= ?4 AND first_missing <= ?5
ORDER BY first_missing;

-- name: missing_down
SELECT gap_id, first_missing, last_missing, state, likely_silent, after_at,
	before_at, opened_at, closed_at, actor, reason
FROM gaps
WHERE stream_key = ?1 AND stream_kind = ?2 AND service_sid IS ?3
	AND state <> 'filled' AND last_missing >= ?4 AND first_missing <= ?5
ORDER BY first_missing DESC;

-- name: past_position
SELECT seq, position, event_type, verdict, item, identity, date_created,
	received_at, lag_ms, revision_text, endpoint_id, is_identity_online,
	length(CAST(data AS BLOB)) AS size, data
FROM events WHERE position = ?1;

-- name: past_newest
SELECT max(d.position) FROM delivery AS d;

----------------------------------------------------------------------------
-- Audits.

-- The open gaps from their own view, for gap_id; they are the rows open_gap of
-- the view findings, word for word. ?1 to ?2 is when a gap that is pending was
-- opened; ?3 the least time, ?4 the service, or NULL.
-- name: list_audit
SELECT f.severity, f.kind, f.service_sid, f.stream_kind, f.stream_key,
	f.position, coalesce(d.received_us, a.at_us) AS at_us, f.gap_id,
	f.detail,
	f.gap_id IS NOT NULL AND d.received_us > ?1 AND d.received_us <= ?2
		AS pending
FROM (SELECT severity, kind, service_sid, stream_kind, stream_key, position,
		NULL AS gap_id, detail
	FROM findings WHERE kind <> 'open_gap'
	UNION ALL
	SELECT CASE WHEN likely_silent THEN 'notice' ELSE 'error' END,
		'open_gap', service_sid, stream_kind, stream_key, opened_by,
		gap_id,
		stream_kind || ' ' || coalesce(unique_name, stream_key) || ': '
		|| CASE stream_kind WHEN 'document' THEN 'revision'
			ELSE 'EventId' END
		|| CASE WHEN first_missing = last_missing
			THEN ' ' || first_missing || ' has'
			ELSE 's ' || first_missing || ' to ' || last_missing
				|| ' have' END
		|| ' not arrived' || coalesce('; missing since ' || opened_at, '')
		|| CASE WHEN likely_silent THEN '; perhaps written through '
			|| 'REST, of which this service sends no webhooks'
			ELSE '' END
	FROM gaps WHERE state = 'open') AS f
LEFT JOIN delivery AS d ON d.position = f.position
LEFT JOIN action AS a ON a.position = f.position
WHERE (?3 IS NULL OR f.position IS NULL
	OR coalesce(d.received_us, a.at_us) >= ?3)
AND (?4 IS NULL OR coalesce(f.service_sid, '') = ?4
	OR f.kind IN ('recomputation', 'deliveries_refused'))
ORDER BY f.severity = 'error' DESC, f.severity = 'warning' DESC,
	f.severity = 'notice' DESC, f.kind, f.position DESC, f.gap_id DESC;

-- name: service_known
SELECT EXISTS (SELECT 1 FROM service@ WHERE service_sid = ?1);

-- Each delivery is one of a stream, but for those without a key. The last is no
-- test delivery (type 16): those would hide that nothing else comes.
-- name: audit_ground
SELECT coalesce(sum(s.events), 0)
		+ CASE WHEN ?1 IS NULL THEN (SELECT count(*) FROM event@ AS e
			WHERE e.stream_id IS NULL) ELSE 0 END,
	count(*),
	max(coalesce(max(s.last_us), 0), CASE WHEN ?1 IS NULL
		THEN coalesce((SELECT d.received_us FROM delivery AS d
			WHERE NOT EXISTS (SELECT 1 FROM event@ AS t
				WHERE t.position = d.position AND t.type = 16)
			ORDER BY d.position DESC LIMIT 1), 0) ELSE 0 END),
	(SELECT rejects_total FROM journal),
	coalesce((SELECT received_us FROM reject
		ORDER BY reject_id LIMIT 1), 0)
FROM stream@ AS s
WHERE ?1 IS NULL OR s.service_id IN (SELECT v.service_id FROM service@ AS v
	WHERE v.service_sid = ?1);

-- name: page_size
PRAGMA page_size;

-- name: page_count
PRAGMA page_count;

-- name: freelist_count
PRAGMA freelist_count;

-- name: overview_journal
SELECT uuid, mode, schema_version, program_version, sqlite_version(),
	created_us, coalesce((SELECT received_us FROM delivery
		ORDER BY position LIMIT 1), 0)
FROM journal;

-- name: overview_rejects
SELECT (SELECT count(*) FROM reject), received_us, reason FROM reject
ORDER BY reject_id DESC LIMIT 1;

-- Of the latest actions; there are few others.
-- name: overview_run
SELECT kind, at_us FROM (SELECT position, kind, at_us FROM action
	ORDER BY position DESC LIMIT 1000)
WHERE kind IN ('start', 'stop') ORDER BY position DESC LIMIT 1;

-- name: overview_from
SELECT position, received_us FROM delivery WHERE position >= ?1
ORDER BY position LIMIT 1;

-- name: overview_others
SELECT (SELECT count(*) FROM setting WHERE position >= ?1)
	+ (SELECT count(*) FROM action WHERE position >= ?1);

-- name: overview_verdicts
SELECT verdict, count(*) FROM event@ WHERE position >= ?1 GROUP BY verdict;

-- name: overview_lags
SELECT d.received_us / 1000 - e.created_us / 1000
FROM (SELECT position, created_us FROM event@
	ORDER BY position DESC LIMIT ?1) AS e
CROSS JOIN delivery AS d ON d.position = e.position
WHERE e.created_us IS NOT NULL;

-- name: overview_bases
SELECT v.base, coalesce(w.name, ''), count(*) FROM service@ AS v
LEFT JOIN word AS w ON w.domain = 'base_reason' AND w.code = v.base_reason
GROUP BY v.base, v.base_reason;

-- name: overview_streams
SELECT kind, count(*) FROM stream@ GROUP BY kind;

-- A sum of whole numbers could be more than fits; what a CAST cannot hold is the
-- largest number.
-- name: overview_gaps
SELECT count(*), CAST(total(g.last - g.first + 1.0) AS INTEGER),
	coalesce(sum(d.received_us > ?1 AND d.received_us <= ?2), 0)
FROM gap@ AS g CROSS JOIN delivery AS d ON d.position = g.opened_by
WHERE g.state = 2;

-- What the doctor compares clocks with, and looks for its test deliveries in.
-- name: doctor_newest
SELECT position, received_us FROM delivery ORDER BY position DESC LIMIT 1;

-- name: doctor_newest_reject
SELECT reject_id, reason FROM reject ORDER BY reject_id DESC LIMIT 1;

-- name: doctor_arrived
SELECT position FROM delivery WHERE position > ?1 AND signature = ?2
ORDER BY position LIMIT 1;

-- name: doctor_reject
SELECT reject_id, reason FROM reject WHERE reject_id > ?1 AND signature = ?2
ORDER BY reject_id LIMIT 1;
