-- What an audit reports: one row for each broken expectation, of the kinds in
-- docs/design.md section 2, Findings. A part of the public interface, as the
-- views of views.sql are.
--
-- None of these reads all events. Those that concern single events find them
-- by event_noted, the index of the few that are worth noting; its condition is
-- repeated word for word, so that SQLite sees that it holds. The others read
-- streams, gaps (an open one is found among those that were filled) or smaller
-- tables, and go to an event by its position, or by its stream and number.
--
-- CROSS JOIN keeps SQLite to the order of tables that is written.

CREATE VIEW findings AS
SELECT f.kind AS kind,
	f.severity AS severity,
	nullif(v.service_sid, '') AS service_sid,
	k.name AS stream_kind,
	coalesce(s.key_text, s.key) AS stream_key,
	f.position AS position,
	CASE WHEN s.stream_id IS NOT NULL THEN k.name || ' '
			|| coalesce(s.unique_name, s.key_text, s.key)
		WHEN v.service_sid <> '' THEN 'service ' || v.service_sid
		WHEN v.service_sid = '' THEN 'no service'
		ELSE 'journal' END || ': ' || f.detail AS detail
FROM (

SELECT 'open_gap' AS kind,
	CASE (SELECT x.value FROM setting AS x
			WHERE x.service_sid = v.service_sid
			AND x.name = 'webhooks_from_rest'
			ORDER BY x.position DESC LIMIT 1)
		WHEN 'no' THEN 'notice' ELSE 'error' END AS severity,
	s.service_id AS service_id,
	g.stream_id AS stream_id,
	g.opened_by AS position,
	CASE s.kind WHEN 1 THEN 'revision' ELSE 'EventId' END
		|| CASE WHEN g.first = g.last THEN ' ' || g.first || ' has'
		ELSE 's ' || g.first || ' to ' || g.last || ' have' END
		|| ' not arrived' || coalesce('; missing since '
		|| strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
			'unixepoch'), '')
		|| CASE (SELECT x.value FROM setting AS x
			WHERE x.service_sid = v.service_sid
			AND x.name = 'webhooks_from_rest'
			ORDER BY x.position DESC LIMIT 1)
		WHEN 'no' THEN '; perhaps written through REST, of which this '
			|| 'service sends no webhooks' ELSE '' END AS detail
FROM gap@ AS g
CROSS JOIN stream@ AS s ON s.stream_id = g.stream_id
CROSS JOIN service@ AS v ON v.service_id = s.service_id
LEFT JOIN delivery AS d ON d.position = g.opened_by
WHERE g.state = 2

UNION ALL
-- fd is what arrived first of the number, or of the type where there is none;
-- a document's removal and an update may have the same number.
SELECT 'conflict', 'error', n.service_id, n.stream_id, n.position,
	CASE WHEN n.seq IS NULL THEN t.name
		WHEN s.kind = 1 THEN 'revision ' || n.seq
		ELSE 'EventId ' || n.seq END
		|| ' arrived once more at '
		|| strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
			'unixepoch')
		|| ', with another content than at '
		|| strftime('%Y-%m-%d %H:%M:%f', fd.received_us / 1000 / 1000.0,
			'unixepoch')
		|| ' (position ' || fd.position || '), which is what counts'
FROM event@ AS n
CROSS JOIN delivery AS d ON d.position = n.position
CROSS JOIN stream@ AS s ON s.stream_id = n.stream_id
CROSS JOIN word AS t ON t.domain = 'event_type' AND t.code = n.type
CROSS JOIN delivery AS fd ON fd.position = (SELECT e.position
	FROM event@ AS e WHERE e.stream_id = n.stream_id AND e.seq IS n.seq
	AND CASE WHEN n.seq IS NULL THEN e.type = n.type
		ELSE s.kind <> 1 OR (e.type = 3) = (n.type = 3) END
	ORDER BY e.position LIMIT 1)
WHERE (n.verdict IN (6, 8) OR n.revision_verdict > 1 OR n.problem IS NOT NULL)
AND n.verdict = 6

UNION ALL
SELECT 'unsequenced', 'error', n.service_id, n.stream_id, n.position,
	t.name || ' of '
		|| strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
			'unixepoch')
		|| ' has no usable number, so that its place in the order is '
		|| 'not known' || coalesce(': ' || n.problem, '')
FROM event@ AS n
CROSS JOIN delivery AS d ON d.position = n.position
CROSS JOIN word AS t ON t.domain = 'event_type' AND t.code = n.type
WHERE (n.verdict IN (6, 8) OR n.revision_verdict > 1 OR n.problem IS NOT NULL)
AND n.verdict = 8

UNION ALL
-- b and a are the neighbours before and after that it was compared with; if it
-- fits between them, it is the item's revision that does not.
SELECT 'revision_regressed', 'error', n.service_id, n.stream_id, n.position,
	'EventId ' || n.seq || CASE WHEN b.revision >= n.revision
			OR a.revision <= n.revision
		THEN CASE s.kind WHEN 2 THEN ' has ListRevision '
			ELSE ' has MapRevision ' END || n.revision
			|| CASE WHEN b.revision >= n.revision
			THEN ', not more than ' || b.revision
				|| ' of EventId ' || b.seq || ' before it'
			ELSE ', not less than ' || a.revision
				|| ' of EventId ' || a.seq || ' after it' END
		ELSE coalesce(' gives item ' || n.item, ' gives its item')
			|| coalesce(' ItemRevision ' || n.item_revision,
			' a revision') || ', against the order of EventIds' END
		|| '; it arrived at '
		|| strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
			'unixepoch')
FROM event@ AS n
CROSS JOIN delivery AS d ON d.position = n.position
CROSS JOIN stream@ AS s ON s.stream_id = n.stream_id
LEFT JOIN event@ AS b ON b.position = (SELECT e.position FROM event@ AS e
	WHERE e.stream_id = n.stream_id AND e.seq < n.seq
	AND e.position < n.position AND e.revision IS NOT NULL
	AND e.verdict NOT IN (5, 6) ORDER BY e.seq DESC LIMIT 1)
LEFT JOIN event@ AS a ON a.position = (SELECT e.position FROM event@ AS e
	WHERE e.stream_id = n.stream_id AND e.seq > n.seq
	AND e.position < n.position AND e.revision IS NOT NULL
	AND e.verdict NOT IN (5, 6) ORDER BY e.seq LIMIT 1)
WHERE (n.verdict IN (6, 8) OR n.revision_verdict > 1 OR n.problem IS NOT NULL)
AND n.revision_verdict = 2

UNION ALL
SELECT 'malformed', 'warning', n.service_id, n.stream_id, n.position,
	coalesce(n.type_text, t.name, 'the delivery') || ' of '
		|| strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
			'unixepoch')
		|| ' is not as Twilio describes it: ' || n.problem
FROM event@ AS n
CROSS JOIN delivery AS d ON d.position = n.position
LEFT JOIN word AS t ON t.domain = 'event_type' AND t.code = n.type
WHERE (n.verdict IN (6, 8) OR n.revision_verdict > 1 OR n.problem IS NOT NULL)
AND n.problem IS NOT NULL

UNION ALL
SELECT 'after_removal', 'warning', s.service_id, s.stream_id, n.position,
	t.name || ' with revision ' || n.seq || ' arrived at '
		|| strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
			'unixepoch')
		|| ', but the document was removed with revision '
		|| s.state_seq
FROM stream@ AS s
CROSS JOIN event@ AS n ON n.stream_id = s.stream_id AND n.seq > s.state_seq
CROSS JOIN delivery AS d ON d.position = n.position
CROSS JOIN word AS t ON t.domain = 'event_type' AND t.code = n.type
WHERE s.kind = 1 AND s.removed = 1 AND s.head > s.state_seq AND n.verdict <> 5

UNION ALL
-- The events of a removed list or map are read only if the revision at its head
-- is beyond its removal's, or is not known. Behind a smaller one a larger one
-- is revision_regressed anyway.
SELECT 'after_removal', 'warning', s.service_id, s.stream_id, n.position,
	t.name || CASE s.kind WHEN 2 THEN ' with ListRevision '
			ELSE ' with MapRevision ' END || n.revision
		|| coalesce(' (EventId ' || n.seq || ')', '') || ' arrived at '
		|| strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
			'unixepoch')
		|| CASE s.kind WHEN 2 THEN ', but the list' ELSE ', but the map'
			END || ' was removed with revision ' || r.revision
FROM stream@ AS s
CROSS JOIN event@ AS r ON r.position = s.state_position
CROSS JOIN event@ AS n ON n.stream_id = s.stream_id AND n.revision > r.revision
CROSS JOIN delivery AS d ON d.position = n.position
CROSS JOIN word AS t ON t.domain = 'event_type' AND t.code = n.type
WHERE s.kind IN (2, 3) AND s.removed = 1
AND coalesce(s.head_revision, 9223372036854775807) > r.revision
AND n.verdict <> 5

UNION ALL
-- Online or offline as in the view presence.
SELECT 'presence_contradicted', 'warning', s.service_id, s.stream_id,
	e.position,
	CASE e.is_online WHEN 1 THEN 'online' ELSE 'offline' END
		|| ' by EventId ' || e.seq || ' of '
		|| strftime('%Y-%m-%d %H:%M:%f',
			coalesce(e.created_us, d.received_us) / 1000 / 1000.0,
			'unixepoch')
		|| CASE WHEN e.is_online = 1
		THEN ', but no endpoint is known to be connected'
		ELSE ', but connected by '
			|| (SELECT count(*) FROM item@ AS i
			WHERE i.stream_id = s.stream_id AND i.removed = 0)
			|| ' endpoint(s) that did not disconnect' END
FROM stream@ AS s
CROSS JOIN event@ AS e ON e.position = (SELECT l.position FROM event@ AS l
	WHERE l.stream_id = s.stream_id AND l.seq >= 0
	AND l.is_online IS NOT NULL AND l.verdict NOT IN (5, 6)
	ORDER BY l.seq DESC LIMIT 1)
CROSS JOIN delivery AS d ON d.position = e.position
WHERE s.kind = 4 AND e.is_online <> EXISTS (SELECT 1 FROM item@ AS i
	WHERE i.stream_id = s.stream_id AND i.removed = 0)

UNION ALL
SELECT 'explanation_void', 'warning', v.service_id, s.stream_id, g.position,
	'revision' || CASE WHEN g.first = g.last THEN ' ' || g.first
			ELSE 's ' || g.first || ' to ' || g.last END
		|| CASE g.state WHEN 4 THEN ' explained by '
			ELSE ' given up by ' END || a.actor || ' on '
		|| strftime('%Y-%m-%d %H:%M:%f', a.at_us / 1000 / 1000.0,
			'unixepoch')
		|| coalesce(' (' || a.detail || ')', '')
		|| CASE g.base WHEN 10
		THEN ' were decimal numbers; revisions are read as hexadecimal'
		ELSE ' were hexadecimal numbers; revisions are read as decimal'
		END || ' now, so that this no longer counts'
FROM gap_action AS g
CROSS JOIN action AS a ON a.position = g.position
CROSS JOIN service@ AS v ON v.account_sid = g.account_sid
	AND v.service_sid = g.service_sid
LEFT JOIN stream@ AS s ON s.service_id = v.service_id AND s.kind = g.kind
	AND s.key = g.key
WHERE g.kind = 1 AND g.base <> v.base
AND NOT EXISTS (SELECT 1 FROM gap_action AS o
	WHERE o.key = g.key AND o.position > g.position AND o.kind = g.kind
	AND o.account_sid = g.account_sid AND o.service_sid = g.service_sid
	AND o.base = v.base)

UNION ALL
SELECT 'rest_contradicted', 'warning', v.service_id, NULL, v.rest_position,
	'webhooks_from_rest = no is configured, and its gaps are taken for '
		|| 'writes through REST; but webhooks of such writes arrive, the '
		|| 'first at '
		|| strftime('%Y-%m-%d %H:%M:%f', d.received_us / 1000 / 1000.0,
			'unixepoch')
		|| ': set it to yes, or take it out'
FROM service@ AS v
CROSS JOIN delivery AS d ON d.position = v.rest_position
WHERE (SELECT x.value FROM setting AS x
	WHERE x.service_sid = v.service_sid AND x.name = 'webhooks_from_rest'
	ORDER BY x.position DESC LIMIT 1) = 'no'

UNION ALL
-- What looks like Twilio's, of an account of which nothing has verified since; y
-- is the last that did.
SELECT 'deliveries_refused',
	-- an account that nothing was ever heard of may be a stranger's
	CASE WHEN t.verified_us IS NOT NULL OR t.wrong > 0
			AND (t.likeness = 2 OR (SELECT max(a.stream_id)
				FROM stream@ AS a) IS NULL) THEN 'error'
		ELSE 'warning' END,
	NULL, NULL, NULL,
	t.requests || ' requests of account ' || t.account_sid
		|| ' that look like Twilio''s were refused since '
		|| strftime('%Y-%m-%d %H:%M:%f', t.first_us / 1000 / 1000.0,
			'unixepoch')
		|| ', and none has verified since: '
		|| CASE WHEN t.wrong = 0
			THEN 'is it an account that is not configured?'
		WHEN t.verified_us IS NULL
			THEN 'is public_url or the token another one?'
		ELSE 'was the token changed?' END
		|| ' The last is reject ' || t.reject_id
FROM (SELECT r.account_sid AS account_sid, count(*) AS requests,
		sum(r.reason = 'signature_wrong') AS wrong,
		min(r.received_us) AS first_us, max(r.received_us) AS last_us,
		max(r.reject_id) AS reject_id, max(r.likeness) AS likeness,
		y.verified_us AS verified_us
	FROM reject AS r
	LEFT JOIN (SELECT v.account_sid AS account_sid,
			max(s.last_us) AS verified_us
		FROM service@ AS v
		CROSS JOIN stream@ AS s ON s.service_id = v.service_id
		WHERE v.account_sid IN (SELECT o.account_sid FROM reject AS o
			WHERE o.likeness IN (1, 2))
		GROUP BY v.account_sid) AS y ON y.account_sid = r.account_sid
	WHERE r.likeness IN (1, 2) AND r.account_sid IS NOT NULL
	AND r.reason IN ('signature_wrong', 'account_unknown')
	AND r.received_us > coalesce(y.verified_us, 0)
	GROUP BY r.account_sid) AS t
WHERE t.requests >= 3
AND t.last_us > (strftime('%s', 'now') - 86400) * 1000000

UNION ALL
-- One delivery alone has no interval: a division by 0 is NULL.
SELECT 'silence', 'notice', t.service_id, NULL, NULL,
	'nothing has arrived since '
		|| strftime('%Y-%m-%d %H:%M:%f', t.last_us / 1000 / 1000.0,
			'unixepoch')
		|| ', for ' || round((strftime('%s', 'now') * 1000000
			- t.last_us) / 86400000000.0, 1)
		|| ' days; before, ' || t.events || ' deliveries came, one in '
		|| CASE WHEN t.mean_us < 120 * 1000000
			THEN round(t.mean_us / 1000000.0, 1) || ' seconds'
		WHEN t.mean_us < 7200 * 1000000
			THEN round(t.mean_us / 60000000.0, 1) || ' minutes'
		ELSE round(t.mean_us / 3600000000.0, 1) || ' hours' END
		|| ' on average'
FROM (SELECT s.service_id AS service_id, max(s.last_us) AS last_us,
	sum(s.events) AS events, (max(s.last_us) - min(s.first_us))
		/ (sum(s.events) - 1) AS mean_us
	FROM stream@ AS s GROUP BY s.service_id) AS t
WHERE strftime('%s', 'now') * 1000000 - t.last_us > 86400 * 1000000
AND strftime('%s', 'now') * 1000000 - t.last_us > 10 * t.mean_us

UNION ALL
SELECT 'base_assumed', 'notice', s.service_id, s.stream_id,
	(SELECT e.position FROM event@ AS e WHERE e.stream_id = s.stream_id
		AND e.seq >= (s.first_seq / 10 + 1) * 10
		ORDER BY e.seq, e.position LIMIT 1),
	'revisions from ' || s.first_seq || ' to ' || s.head
		|| ' are read as decimal numbers, but it is not known whether '
		|| 'they are hexadecimal; if you know, set revision_base in '
		|| 'the configuration'
FROM service@ AS v
CROSS JOIN stream@ AS s ON s.service_id = v.service_id AND s.kind = 1
WHERE v.base_reason = 1 AND s.head / 10 > s.first_seq / 10

UNION ALL
-- rebuild 2: what is being removed is not what is read here.
SELECT 'recomputation', 'notice', NULL, NULL, NULL,
	CASE WHEN u.rebuild = 1 THEN 'a rebuild is under way, up to position '
			|| u.position
		WHEN u.wanted THEN 'a rebuild is to begin'
		ELSE 'revisions are being read anew in another base' END
		|| ': what is found here may change'
FROM upkeep AS u
WHERE u.rebuild = 1 OR u.wanted OR u.sweep IS NOT NULL

UNION ALL
SELECT 'update_or_removal_unknown', 'info', s.service_id, s.stream_id,
	s.state_position,
	'removed with revision ' || s.state_seq || ' at '
		|| strftime('%Y-%m-%d %H:%M:%f',
			coalesce(e.created_us, d.received_us) / 1000 / 1000.0,
			'unixepoch')
		|| '; whether there was an update of that number too cannot '
		|| 'be known'
FROM stream@ AS s
CROSS JOIN event@ AS e ON e.position = s.state_position
CROSS JOIN delivery AS d ON d.position = s.state_position
WHERE s.kind = 1 AND s.removed = 1 AND s.state_seq IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM event@ AS o
	WHERE o.stream_id = s.stream_id AND o.seq = s.state_seq AND o.type <> 3)

) AS f
LEFT JOIN service@ AS v ON v.service_id = f.service_id
LEFT JOIN stream@ AS s ON s.stream_id = f.stream_id
LEFT JOIN word AS k ON k.domain = 'stream_kind' AND k.code = s.kind;
