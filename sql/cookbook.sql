-- Queries that a user wants first. Each stands under its name and runs in any
-- sqlite3 shell from 3.26 on:
--
--     sqlite3 -readonly -header -column journal.db < cookbook.sql
--
-- shows all of them in this order; for one, copy it into the shell.
--
-- Times are UTC, and compare with datetime('now', '-1 hour').

-- name: newest
-- The last ten deliveries, and what each meant when it arrived.
SELECT position, received_at, event_type,
	coalesce(unique_name, object_sid, identity) AS about, item, seq, verdict
FROM events ORDER BY position DESC LIMIT 10;

-- name: open_gaps
-- Numbers that never arrived, and between which times the write must lie.
SELECT stream_kind, coalesce(unique_name, stream_key) AS stream,
	first_missing, last_missing, after_at, before_at, likely_silent
FROM gaps WHERE state = 'open' ORDER BY opened_at;

-- name: filled_gaps
-- What came late, and how long it was missing.
SELECT stream_kind, coalesce(unique_name, stream_key) AS stream,
	first_missing, last_missing, opened_at, closed_at,
	round((julianday(closed_at) - julianday(opened_at)) * 86400, 3)
		AS missing_s
FROM gaps WHERE state = 'filled' ORDER BY closed_at DESC;

-- name: documents_now
-- Each document's latest state.
SELECT unique_name, document_sid, revision, updated_by, updated_at, removed,
	open_gaps, data
FROM documents ORDER BY updated_at DESC;

-- name: document_history
-- All revisions of all documents; add WHERE unique_name = '...' for one.
SELECT unique_name, document_sid, revision, event_type, identity,
	coalesce(date_created, received_at) AS at, verdict, data
FROM document_revisions ORDER BY document_sid, revision, position;

-- name: item_history
-- All revisions of all items of lists and maps.
SELECT unique_name, object_sid, item, event_id, event_type, identity,
	coalesce(date_created, received_at) AS at, verdict, data
FROM item_revisions ORDER BY object_sid, event_id, position;

-- name: stale
-- Deliveries behind their stream's head: a handler that took them as they came
-- would have gone back in time.
SELECT received_at, stream_kind, coalesce(unique_name, stream_key) AS stream,
	item, seq, head, behind, verdict
FROM stale_deliveries ORDER BY position DESC;

-- name: conflicts
-- Numbers that arrived with two contents: what came first, which is the state,
-- and what came after it.
SELECT c.stream_kind, c.stream_key, c.seq, e.position, e.received_at,
	e.event_type, e.item, e.verdict, e.data
FROM (SELECT DISTINCT stream_kind, service_sid, stream_key, seq FROM events
	WHERE verdict = 'conflict') AS c
JOIN events AS e ON e.stream_kind = c.stream_kind
	AND e.service_sid IS c.service_sid AND e.stream_key = c.stream_key
	AND e.seq = c.seq AND e.verdict <> 'duplicate'
ORDER BY c.stream_key, c.seq, e.position;

-- name: findings
-- What is not as it should be, worst first.
SELECT severity, kind, position, detail FROM findings
ORDER BY CASE severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2
	WHEN 'notice' THEN 3 ELSE 4 END, kind, position;

-- name: problems
-- Deliveries that verified and are not as Twilio describes them.
SELECT position, received_at, event_type, problem
FROM events WHERE problem IS NOT NULL ORDER BY position DESC;

-- name: rejects_by_reason
-- Requests that were refused; a steady signature_wrong is a wrong public_url
-- or token more often than an attack.
SELECT reason, status, count(*) AS requests, min(received_at) AS first_at,
	max(received_at) AS last_at
FROM rejects GROUP BY reason, status ORDER BY requests DESC;

-- name: reject_counts
-- What was refused in all, kept or not, and what of it looked like Twilio's.
SELECT reason, requests, like_twilio, first_at, last_at
FROM reject_counts ORDER BY like_twilio DESC, requests DESC;

-- name: verdicts_by_hour
-- How well the order held, hour by hour.
SELECT substr(received_at, 1, 13) AS hour, count(*) AS deliveries,
	sum(verdict IN ('baseline', 'in_order', 'lifecycle')) AS in_order,
	sum(verdict = 'ahead') AS ahead, sum(verdict = 'late') AS late,
	sum(verdict = 'duplicate') AS duplicate,
	sum(verdict = 'conflict') AS conflict,
	sum(verdict IS NULL OR verdict = 'unsequenced') AS other
FROM events GROUP BY hour ORDER BY hour DESC;

-- name: lag
-- How long Twilio took to deliver, by type, over the last day.
SELECT event_type, count(*) AS deliveries, min(lag_ms) AS least_ms,
	CAST(round(avg(lag_ms)) AS INTEGER) AS mean_ms, max(lag_ms) AS most_ms
FROM events
WHERE lag_ms IS NOT NULL AND received_at > datetime('now', '-1 day')
GROUP BY event_type ORDER BY event_type;

-- name: busiest_streams
-- The streams with most events; an identity's holes are natural.
SELECT stream_kind, coalesce(unique_name, stream_key) AS stream, observed,
	missing, head, last_received_at
FROM streams ORDER BY observed DESC LIMIT 20;

-- name: presence_now
-- Who is online, since when, and by how many endpoints; then who is not.
SELECT identity, online, since, endpoints FROM presence
ORDER BY online DESC, since;

-- name: sessions_last_day
-- Who was online during the last day, until now where there is no end.
SELECT identity, started_at, ended_at,
	round((julianday(coalesce(ended_at, 'now')) - julianday(started_at))
		* 1440, 1) AS minutes, interruptions
FROM presence_sessions
WHERE ended_at IS NULL OR ended_at > datetime('now', '-1 day')
ORDER BY started_at DESC;

-- name: services
-- What each service sends, and how its revisions are read.
SELECT service_sid, revision_base, base_reason, webhooks_from_rest, streams,
	deliveries, open_gaps, last_received_at
FROM services ORDER BY last_received_at DESC;

-- name: who_wrote
-- Writes by identity, each counted once.
SELECT identity, count(*) AS writes, max(received_at) AS last_at
FROM events WHERE stream_kind <> 'identity' AND verdict <> 'duplicate'
GROUP BY identity ORDER BY writes DESC;

-- name: journal
-- The journal itself.
SELECT schema_version, journal_mode, created_at, program_version,
	sqlite_version, deliveries, rejects_total
FROM journal_info;
