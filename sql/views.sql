-- The public interface: columns are never removed or changed in meaning while
-- the major number of journal_info.schema_version stands. These views work in
-- any sqlite3 shell from 3.26 on.

DROP VIEW IF EXISTS findings;
DROP VIEW IF EXISTS deliveries;
DROP VIEW IF EXISTS events;
DROP VIEW IF EXISTS streams;
DROP VIEW IF EXISTS gaps;
DROP VIEW IF EXISTS stale_deliveries;
DROP VIEW IF EXISTS documents;
DROP VIEW IF EXISTS document_revisions;
DROP VIEW IF EXISTS lists;
DROP VIEW IF EXISTS maps;
DROP VIEW IF EXISTS list_items;
DROP VIEW IF EXISTS map_items;
DROP VIEW IF EXISTS item_revisions;
DROP VIEW IF EXISTS presence;
DROP VIEW IF EXISTS presence_sessions;
DROP VIEW IF EXISTS services;
DROP VIEW IF EXISTS rejects;
DROP VIEW IF EXISTS reject_counts;
DROP VIEW IF EXISTS actions;
DROP VIEW IF EXISTS journal_info;

CREATE VIEW deliveries AS
SELECT d.position AS position,
	strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
		'unixepoch') AS received_at,
	v.url AS url,
	v.key_id AS key_id,
	d.signature AS signature,
	d.idempotency_token AS idempotency_token,
	v.content_type AS content_type,
	d.body AS body,
	lower(hex(d.body_sha256)) AS body_sha256
FROM delivery AS d
JOIN evidence AS v ON v.evidence_id = d.evidence_id;

CREATE VIEW events AS
SELECT e.position AS position,
	strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
		'unixepoch') AS received_at,
	coalesce(e.type_text, t.name) AS event_type,
	nullif(v.account_sid, '') AS account_sid,
	nullif(v.service_sid, '') AS service_sid,
	e.identity AS identity,
	e.endpoint_id AS endpoint_id,
	CASE WHEN s.kind <> 4 THEN coalesce(s.key_text, s.key) END
		AS object_sid,
	e.unique_name AS unique_name,
	e.item AS item,
	e.event_id AS event_id,
	e.revision AS revision,
	e.revision_text AS revision_text,
	e.item_revision AS item_revision,
	e.data AS data,
	e.is_online AS is_identity_online,
	strftime('%Y-%m-%d %H:%M:%f', e.created_us / 1000 / 1000.0,
		'unixepoch') AS date_created,
	d.received_us / 1000 - e.created_us / 1000 AS lag_ms,
	k.name AS stream_kind,
	coalesce(s.key_text, s.key) AS stream_key,
	e.seq AS seq,
	w.name AS verdict,
	r.name AS revision_verdict,
	e.behind AS behind,
	e.problem AS problem,
	e.extra AS extra
FROM event@ AS e
JOIN delivery AS d ON d.position = e.position
JOIN service@ AS v ON v.service_id = e.service_id
LEFT JOIN stream@ AS s ON s.stream_id = e.stream_id
LEFT JOIN word AS t ON t.domain = 'event_type' AND t.code = e.type
LEFT JOIN word AS k ON k.domain = 'stream_kind' AND k.code = s.kind
LEFT JOIN word AS w ON w.domain = 'verdict' AND w.code = e.verdict
LEFT JOIN word AS r ON r.domain = 'revision_verdict'
	AND r.code = e.revision_verdict;

CREATE VIEW streams AS
SELECT k.name AS stream_kind,
	nullif(v.service_sid, '') AS service_sid,
	coalesce(s.key_text, s.key) AS stream_key,
	s.unique_name AS unique_name,
	s.first_seq AS first_seq,
	s.head AS head,
	s.observed AS observed,
	-- in this order: head - first_seq + 1 can be one more than fits
	coalesce(s.head - s.first_seq - s.observed + 1, 0) AS missing,
	strftime('%Y-%m-%d %H:%M:%f', s.first_us / 1000 / 1000.0,
		'unixepoch') AS first_received_at,
	strftime('%Y-%m-%d %H:%M:%f', s.last_us / 1000 / 1000.0,
		'unixepoch') AS last_received_at
FROM stream@ AS s
JOIN service@ AS v ON v.service_id = s.service_id
JOIN word AS k ON k.domain = 'stream_kind' AND k.code = s.kind;

-- A missing write lies between after_at, when the nearest observed number below
-- was created (its receipt would be no bound), and before_at, when the nearest
-- one above was created or, if it does not say, received.
CREATE VIEW gaps AS
SELECT g.gap_id AS gap_id,
	k.name AS stream_kind,
	nullif(v.service_sid, '') AS service_sid,
	coalesce(s.key_text, s.key) AS stream_key,
	s.unique_name AS unique_name,
	g.first AS first_missing,
	g.last AS last_missing,
	w.name AS state,
	g.state = 2 AND coalesce((SELECT x.value = 'no' FROM setting AS x
		WHERE x.service_sid = v.service_sid
		AND x.name = 'webhooks_from_rest'
		ORDER BY x.position DESC LIMIT 1), 0) AS likely_silent,
	(SELECT strftime('%Y-%m-%d %H:%M:%f', e.created_us / 1000 / 1000.0,
			'unixepoch')
		FROM event@ AS e
		WHERE e.stream_id = g.stream_id AND e.seq < g.first
		AND e.created_us IS NOT NULL
		ORDER BY e.seq DESC, e.position LIMIT 1) AS after_at,
	(SELECT strftime('%Y-%m-%d %H:%M:%f',
			coalesce(e.created_us, d.received_us) / 1000 / 1000.0,
			'unixepoch')
		FROM event@ AS e JOIN delivery AS d ON d.position = e.position
		WHERE e.stream_id = g.stream_id AND e.seq > g.last
		ORDER BY e.seq, e.position LIMIT 1) AS before_at,
	strftime('%Y-%m-%d %H:%M:%f', o.received_us / 1000 / 1000.0,
		'unixepoch') AS opened_at,
	g.opened_by AS opened_by,
	strftime('%Y-%m-%d %H:%M:%f',
		coalesce(f.received_us, a.at_us) / 1000 / 1000.0,
		'unixepoch') AS closed_at,
	CASE WHEN g.state = 3 THEN g.closed_by END AS filled_by,
	a.actor AS actor,
	a.detail AS reason
FROM gap@ AS g
JOIN stream@ AS s ON s.stream_id = g.stream_id
JOIN service@ AS v ON v.service_id = s.service_id
JOIN word AS k ON k.domain = 'stream_kind' AND k.code = s.kind
JOIN word AS w ON w.domain = 'gap_state' AND w.code = g.state
LEFT JOIN delivery AS o ON o.position = g.opened_by
LEFT JOIN delivery AS f ON f.position = g.closed_by AND g.state = 3
LEFT JOIN action AS a ON a.position = g.closed_by AND g.state IN (4, 5);

CREATE VIEW stale_deliveries AS
SELECT e.position AS position,
	strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
		'unixepoch') AS received_at,
	nullif(v.service_sid, '') AS service_sid,
	k.name AS stream_kind,
	coalesce(s.key_text, s.key) AS stream_key,
	s.unique_name AS unique_name,
	e.item AS item,
	e.seq AS seq,
	e.seq + e.behind AS head,
	e.behind AS behind,
	w.name AS verdict,
	coalesce(e.type_text, t.name) AS event_type
FROM event@ AS e
JOIN delivery AS d ON d.position = e.position
JOIN service@ AS v ON v.service_id = e.service_id
JOIN stream@ AS s ON s.stream_id = e.stream_id
JOIN word AS k ON k.domain = 'stream_kind' AND k.code = s.kind
LEFT JOIN word AS t ON t.domain = 'event_type' AND t.code = e.type
LEFT JOIN word AS w ON w.domain = 'verdict' AND w.code = e.verdict
WHERE e.behind > 0;

-- The state is what the event at position says: a removed document has no data.
-- open_gaps here and below: "state = 3" is a column of the index gap_stream.
-- "+" keeps SQLite from putting 2 for state in it, and so not knowing it again.
CREATE VIEW documents AS
SELECT coalesce(s.key_text, s.key) AS document_sid,
	nullif(v.service_sid, '') AS service_sid,
	s.unique_name AS unique_name,
	e.revision AS revision,
	e.data AS data,
	e.identity AS updated_by,
	strftime('%Y-%m-%d %H:%M:%f',
		coalesce(e.created_us, d.received_us) / 1000 / 1000.0,
		'unixepoch') AS updated_at,
	s.removed AS removed,
	(SELECT count(*) FROM gap@ AS g
		WHERE g.stream_id = s.stream_id AND (g.state = 3) = 0
		AND +g.state = 2) AS open_gaps,
	s.state_position AS position
FROM stream@ AS s
JOIN service@ AS v ON v.service_id = s.service_id
LEFT JOIN event@ AS e ON e.position = s.state_position
LEFT JOIN delivery AS d ON d.position = s.state_position
WHERE s.kind = 1;

-- CROSS JOIN keeps SQLite to this order of tables: from streams, few, to their
-- events by index. Left to itself it reads all events for one document.
CREATE VIEW document_revisions AS
SELECT coalesce(s.key_text, s.key) AS document_sid,
	nullif(v.service_sid, '') AS service_sid,
	s.unique_name AS unique_name,
	e.seq AS revision,
	e.revision_text AS revision_text,
	t.name AS event_type,
	e.data AS data,
	e.identity AS identity,
	strftime('%Y-%m-%d %H:%M:%f', e.created_us / 1000 / 1000.0,
		'unixepoch') AS date_created,
	strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
		'unixepoch') AS received_at,
	e.position AS position,
	w.name AS verdict
FROM stream@ AS s
CROSS JOIN service@ AS v ON v.service_id = s.service_id
CROSS JOIN event@ AS e ON e.stream_id = s.stream_id
CROSS JOIN delivery AS d ON d.position = e.position
CROSS JOIN word AS t ON t.domain = 'event_type' AND t.code = e.type
CROSS JOIN word AS w ON w.domain = 'verdict' AND w.code = e.verdict
WHERE s.kind = 1 AND e.seq IS NOT NULL AND w.name <> 'duplicate';

CREATE VIEW lists AS
SELECT coalesce(s.key_text, s.key) AS list_sid,
	nullif(v.service_sid, '') AS service_sid,
	s.unique_name AS unique_name,
	e.revision AS revision,
	CASE WHEN s.removed THEN 0 ELSE (SELECT count(*) FROM item@ AS i
		WHERE i.stream_id = s.stream_id AND i.removed = 0)
		END AS items,
	s.removed AS removed,
	(SELECT count(*) FROM gap@ AS g
		WHERE g.stream_id = s.stream_id AND (g.state = 3) = 0
		AND +g.state = 2) AS open_gaps,
	s.state_position AS position
FROM stream@ AS s
JOIN service@ AS v ON v.service_id = s.service_id
LEFT JOIN event@ AS e ON e.position = s.state_position
WHERE s.kind = 2;

CREATE VIEW maps AS
SELECT coalesce(s.key_text, s.key) AS map_sid,
	nullif(v.service_sid, '') AS service_sid,
	s.unique_name AS unique_name,
	e.revision AS revision,
	CASE WHEN s.removed THEN 0 ELSE (SELECT count(*) FROM item@ AS i
		WHERE i.stream_id = s.stream_id AND i.removed = 0)
		END AS items,
	s.removed AS removed,
	(SELECT count(*) FROM gap@ AS g
		WHERE g.stream_id = s.stream_id AND (g.state = 3) = 0
		AND +g.state = 2) AS open_gaps,
	s.state_position AS position
FROM stream@ AS s
JOIN service@ AS v ON v.service_id = s.service_id
LEFT JOIN event@ AS e ON e.position = s.state_position
WHERE s.kind = 3;

CREATE VIEW list_items AS
SELECT coalesce(s.key_text, s.key) AS list_sid,
	nullif(v.service_sid, '') AS service_sid,
	s.unique_name AS unique_name,
	e.item AS item_index,
	e.data AS data,
	e.item_revision AS item_revision,
	e.event_id AS event_id,
	e.identity AS updated_by,
	strftime('%Y-%m-%d %H:%M:%f',
		coalesce(e.created_us, d.received_us) / 1000 / 1000.0,
		'unixepoch') AS updated_at,
	i.position AS position
FROM item@ AS i
JOIN stream@ AS s ON s.stream_id = i.stream_id
JOIN service@ AS v ON v.service_id = s.service_id
JOIN event@ AS e ON e.position = i.position
JOIN delivery AS d ON d.position = i.position
WHERE s.kind = 2 AND i.removed = 0 AND s.removed = 0;

CREATE VIEW map_items AS
SELECT coalesce(s.key_text, s.key) AS map_sid,
	nullif(v.service_sid, '') AS service_sid,
	s.unique_name AS unique_name,
	e.item AS item_key,
	e.data AS data,
	e.item_revision AS item_revision,
	e.event_id AS event_id,
	e.identity AS updated_by,
	strftime('%Y-%m-%d %H:%M:%f',
		coalesce(e.created_us, d.received_us) / 1000 / 1000.0,
		'unixepoch') AS updated_at,
	i.position AS position
FROM item@ AS i
JOIN stream@ AS s ON s.stream_id = i.stream_id
JOIN service@ AS v ON v.service_id = s.service_id
JOIN event@ AS e ON e.position = i.position
JOIN delivery AS d ON d.position = i.position
WHERE s.kind = 3 AND i.removed = 0 AND s.removed = 0;

-- CROSS JOIN: see document_revisions.
CREATE VIEW item_revisions AS
SELECT coalesce(s.key_text, s.key) AS object_sid,
	nullif(v.service_sid, '') AS service_sid,
	s.unique_name AS unique_name,
	e.item AS item,
	e.event_id AS event_id,
	e.item_revision AS item_revision,
	t.name AS event_type,
	e.data AS data,
	e.identity AS identity,
	strftime('%Y-%m-%d %H:%M:%f', e.created_us / 1000 / 1000.0,
		'unixepoch') AS date_created,
	strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
		'unixepoch') AS received_at,
	e.position AS position,
	w.name AS verdict
FROM stream@ AS s
CROSS JOIN service@ AS v ON v.service_id = s.service_id
CROSS JOIN event@ AS e ON e.stream_id = s.stream_id
CROSS JOIN delivery AS d ON d.position = e.position
CROSS JOIN word AS t ON t.domain = 'event_type' AND t.code = e.type
CROSS JOIN word AS w ON w.domain = 'verdict' AND w.code = e.verdict
WHERE s.kind IN (2, 3) AND e.item IS NOT NULL AND w.name <> 'duplicate';

-- What tells of an identity's presence are its events with a number and a flag
-- that can be read, that are neither duplicates nor conflicts (verdicts 5 and
-- 6), along their numbers; an event's time is that of its creation, else of its
-- receipt. An offline time begins with the first event behind the last that
-- said online. If the next that says online is further from it than the window,
-- it ends a period; else it is folded away.
--
-- This is written out wherever it is needed, so that each step is one from an
-- event to a neighbour by the index event_seq: an identity costs what its own
-- events cost, and all of them what they cost together. In it, b may have begun
-- an online period; p is the last event before another that said online, or
-- anything; o began the offline time behind p, and is b itself where there was
-- none; n is the next that says online.
CREATE VIEW presence AS
SELECT nullif(v.service_sid, '') AS service_sid,
	coalesce(s.key_text, s.key) AS identity,
	e.is_online AS online,
	e.event_id AS event_id,
	strftime('%Y-%m-%d %H:%M:%f', CASE e.is_online
	WHEN 1 THEN (SELECT coalesce(b.created_us, bd.received_us)
		FROM event@ AS b
		CROSS JOIN delivery AS bd ON bd.position = b.position
		WHERE b.stream_id = s.stream_id AND b.seq >= 0
		AND b.is_online = 1 AND b.verdict NOT IN (5, 6)
		AND coalesce(coalesce(b.created_us, bd.received_us) - (
			SELECT coalesce(o.created_us, od.received_us)
			FROM event@ AS o
			CROSS JOIN delivery AS od ON od.position = o.position
			WHERE o.stream_id = b.stream_id AND o.seq > (
				SELECT p.seq FROM event@ AS p
				WHERE p.stream_id = b.stream_id
				AND p.seq < b.seq AND p.is_online = 1
				AND p.verdict NOT IN (5, 6)
				ORDER BY p.seq DESC LIMIT 1)
			AND o.is_online IS NOT NULL AND o.verdict NOT IN (5, 6)
			ORDER BY o.seq LIMIT 1)
			> coalesce(w.value, 60) * 1000000, 1)
		ORDER BY b.seq DESC LIMIT 1)
	WHEN 0 THEN (SELECT coalesce(o.created_us, od.received_us)
		FROM event@ AS o
		CROSS JOIN delivery AS od ON od.position = o.position
		WHERE o.stream_id = s.stream_id AND o.seq > coalesce((
			SELECT p.seq FROM event@ AS p
			WHERE p.stream_id = s.stream_id AND p.seq >= 0
			AND p.is_online = 1 AND p.verdict NOT IN (5, 6)
			ORDER BY p.seq DESC LIMIT 1), -1)
		AND o.is_online = 0 AND o.verdict NOT IN (5, 6)
		ORDER BY o.seq LIMIT 1)
	END / 1000 / 1000.0, 'unixepoch') AS since,
	(SELECT count(*) FROM item@ AS i
		WHERE i.stream_id = s.stream_id AND i.removed = 0)
		AS endpoints,
	e.position AS position
FROM service@ AS v
LEFT JOIN setting AS w ON w.position = (SELECT x.position FROM setting AS x
	WHERE x.service_sid = v.service_sid AND x.name = 'rebalance_window_s'
	ORDER BY x.position DESC LIMIT 1)
CROSS JOIN stream@ AS s ON s.service_id = v.service_id AND s.kind = 4
LEFT JOIN event@ AS e ON e.position = coalesce(
	(SELECT l.position FROM event@ AS l
	WHERE l.stream_id = s.stream_id AND l.seq >= 0
	AND l.is_online IS NOT NULL AND l.verdict NOT IN (5, 6)
	ORDER BY l.seq DESC LIMIT 1), s.state_position);

-- f is the event that ended the period b began: the first that began an offline
-- time (p before it said online) that is not folded away.
CREATE VIEW presence_sessions AS
SELECT nullif(v.service_sid, '') AS service_sid,
	coalesce(s.key_text, s.key) AS identity,
	strftime('%Y-%m-%d %H:%M:%f',
		coalesce(b.created_us, bd.received_us) / 1000 / 1000.0,
		'unixepoch') AS started_at,
	strftime('%Y-%m-%d %H:%M:%f',
		coalesce(f.created_us, fd.received_us) / 1000 / 1000.0,
		'unixepoch') AS ended_at,
	(SELECT count(*) FROM event@ AS o
		WHERE o.stream_id = b.stream_id AND o.seq > b.seq
		AND o.seq < coalesce(f.seq, 9223372036854775807)
		AND o.is_online = 0 AND o.verdict NOT IN (5, 6)
		AND (SELECT p.is_online FROM event@ AS p
			WHERE p.stream_id = o.stream_id AND p.seq < o.seq
			AND p.is_online IS NOT NULL AND p.verdict NOT IN (5, 6)
			ORDER BY p.seq DESC LIMIT 1) = 1) AS interruptions,
	b.event_id AS event_id,
	b.position AS position
FROM service@ AS v
LEFT JOIN setting AS w ON w.position = (SELECT x.position FROM setting AS x
	WHERE x.service_sid = v.service_sid AND x.name = 'rebalance_window_s'
	ORDER BY x.position DESC LIMIT 1)
CROSS JOIN stream@ AS s ON s.service_id = v.service_id AND s.kind = 4
CROSS JOIN event@ AS b ON b.stream_id = s.stream_id
CROSS JOIN delivery AS bd ON bd.position = b.position
LEFT JOIN event@ AS f ON f.position = (
	SELECT o.position FROM event@ AS o
	CROSS JOIN delivery AS od ON od.position = o.position
	WHERE o.stream_id = b.stream_id AND o.seq > b.seq
	AND o.is_online = 0 AND o.verdict NOT IN (5, 6)
	AND CASE WHEN (SELECT p.is_online FROM event@ AS p
		WHERE p.stream_id = o.stream_id AND p.seq < o.seq
		AND p.is_online IS NOT NULL AND p.verdict NOT IN (5, 6)
		ORDER BY p.seq DESC LIMIT 1) = 1
	THEN coalesce((SELECT coalesce(n.created_us, nd.received_us)
		FROM event@ AS n
		CROSS JOIN delivery AS nd ON nd.position = n.position
		WHERE n.stream_id = o.stream_id AND n.seq > o.seq
		AND n.is_online = 1 AND n.verdict NOT IN (5, 6)
		ORDER BY n.seq LIMIT 1)
		- coalesce(o.created_us, od.received_us)
		> coalesce(w.value, 60) * 1000000, 1) END
	ORDER BY o.seq LIMIT 1)
LEFT JOIN delivery AS fd ON fd.position = f.position
WHERE b.seq >= 0 AND b.is_online = 1 AND b.verdict NOT IN (5, 6)
AND coalesce(coalesce(b.created_us, bd.received_us) - (
	SELECT coalesce(o.created_us, od.received_us) FROM event@ AS o
	CROSS JOIN delivery AS od ON od.position = o.position
	WHERE o.stream_id = b.stream_id AND o.seq > (
		SELECT p.seq FROM event@ AS p
		WHERE p.stream_id = b.stream_id AND p.seq < b.seq
		AND p.is_online = 1 AND p.verdict NOT IN (5, 6)
		ORDER BY p.seq DESC LIMIT 1)
	AND o.is_online IS NOT NULL AND o.verdict NOT IN (5, 6)
	ORDER BY o.seq LIMIT 1)
	> coalesce(w.value, 60) * 1000000, 1);

CREATE VIEW services AS
SELECT nullif(v.account_sid, '') AS account_sid,
	nullif(v.service_sid, '') AS service_sid,
	v.base AS revision_base,
	r.name AS base_reason,
	coalesce(nullif((SELECT x.value FROM setting AS x
		WHERE x.service_sid = v.service_sid
		AND x.name = 'webhooks_from_rest'
		ORDER BY x.position DESC LIMIT 1), 'unknown'),
		CASE WHEN v.rest_position IS NULL THEN 'unknown' ELSE 'yes' END)
		AS webhooks_from_rest,
	coalesce(t.streams, 0) AS streams,
	coalesce(t.events, 0) AS deliveries,
	(SELECT count(*) FROM stream@ AS s
		CROSS JOIN gap@ AS g ON g.stream_id = s.stream_id
		WHERE s.service_id = v.service_id AND s.kind < 4
		AND (g.state = 3) = 0 AND +g.state = 2) AS open_gaps,
	strftime('%Y-%m-%d %H:%M:%f', t.first_us / 1000 / 1000.0,
		'unixepoch') AS first_received_at,
	strftime('%Y-%m-%d %H:%M:%f', t.last_us / 1000 / 1000.0,
		'unixepoch') AS last_received_at
FROM service@ AS v
LEFT JOIN (SELECT s.service_id AS service_id, count(*) AS streams,
	sum(s.events) AS events, min(s.first_us) AS first_us,
	max(s.last_us) AS last_us
	FROM stream@ AS s GROUP BY s.service_id) AS t
	ON t.service_id = v.service_id
LEFT JOIN word AS r ON r.domain = 'base_reason' AND r.code = v.base_reason
-- Without a SID, streams and anything known it is what test deliveries name.
WHERE v.service_sid <> '' OR t.streams > 0 OR v.base_reason <> 1;

CREATE VIEW rejects AS
SELECT r.reject_id AS reject_id,
	strftime('%Y-%m-%d %H:%M:%f', r.received_us / 1000 / 1000.0,
		'unixepoch') AS received_at,
	r.status AS status,
	r.reason AS reason,
	r.account_sid AS account_sid,
	r.remote_addr AS remote_addr,
	r.url AS url,
	r.signature AS signature,
	r.content_type AS content_type,
	r.body AS body,
	CASE r.likeness WHEN 0 THEN 'no' WHEN 1 THEN 'yes' ELSE 'account' END
		AS looks_like_twilio
FROM reject AS r;

CREATE VIEW reject_counts AS
SELECT c.reason AS reason,
	c.requests AS requests,
	c.like_twilio AS like_twilio,
	strftime('%Y-%m-%d %H:%M:%f', c.first_us / 1000 / 1000.0,
		'unixepoch') AS first_at,
	strftime('%Y-%m-%d %H:%M:%f', c.last_us / 1000 / 1000.0,
		'unixepoch') AS last_at
FROM reject_count AS c;

CREATE VIEW actions AS
SELECT a.position AS position,
	strftime('%Y-%m-%d %H:%M:%f', a.at_us / 1000 / 1000.0,
		'unixepoch') AS at,
	a.actor AS actor,
	a.kind AS kind,
	a.detail AS detail
FROM action AS a;

CREATE VIEW journal_info AS
SELECT j.schema_version AS schema_version,
	j.mode AS journal_mode,
	strftime('%Y-%m-%d %H:%M:%f', j.created_us / 1000 / 1000.0,
		'unixepoch') AS created_at,
	j.program_version AS program_version,
	sqlite_version() AS sqlite_version,
	-- one event a delivery: this counts the smallest index of the two
	(SELECT count(*) FROM event@) AS deliveries,
	j.rejects_total AS rejects_total
FROM journal AS j;
