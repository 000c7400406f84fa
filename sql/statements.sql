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

-- name: list_lists
SELECT list_sid, service_sid, unique_name, revision, items, removed, open_gaps,
	position
FROM lists ORDER BY position DESC LIMIT ?1;

-- name: list_maps
SELECT map_sid, service_sid, unique_name, revision, items, removed, open_gaps,
	position
FROM maps ORDER BY position DESC LIMIT ?1;

-- name: list_presence
SELECT service_sid, identity, online, since, endpoints, event_id, position
FROM presence ORDER BY online DESC, since DESC LIMIT ?1;

-- name: list_sessions
SELECT service_sid, identity, started_at, ended_at, interruptions, event_id,
	position
FROM presence_sessions ORDER BY started_at DESC LIMIT ?1;

-- name: list_services
SELECT account_sid, service_sid, revision_base, base_reason, webhooks_from_rest,
	streams, deliveries, open_gaps, first_received_at, last_received_at
FROM services ORDER BY last_received_at DESC LIMIT ?1;

-- name: list_findings
SELECT severity, kind, service_sid, stream_kind, stream_key, position, detail
FROM findings
ORDER BY severity = 'error' DESC, severity = 'warning' DESC,
	severity = 'notice' DESC, kind, position DESC LIMIT ?1;

-- name: list_rejects
SELECT reject_id, received_at, status, reason, account_sid, remote_addr, url,
	content_type, length(body) AS body_bytes
FROM rejects ORDER BY reject_id DESC LIMIT ?1;

-- name: list_actions
SELECT position, at, actor, kind, detail
FROM actions ORDER BY position DESC LIMIT ?1;
