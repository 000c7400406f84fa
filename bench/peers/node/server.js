/*
 * The peer in Node: verifies a webhook of Twilio Sync with Twilio's library,
 * appends it to a journal in SQLite, judges its place in its stream, and
 * answers 204 after the commit.
 *
 * It takes TWILIO_AUTH_TOKEN, PUBLIC_URL, JOURNAL (made with ../schema.sql) and
 * SOCKET from the environment.
 *
 * Each request is a transaction: better-sqlite3 is synchronous, and that is how
 * it is used. One commit for all requests of a turn of the event loop would be
 * faster, and nobody's first version.
 */
'use strict';

const http = require('node:http');
const querystring = require('node:querystring');
const Database = require('better-sqlite3');
const { validateRequest } = require('twilio');

const { TWILIO_AUTH_TOKEN, PUBLIC_URL, JOURNAL, SOCKET } = process.env;
const MAX_BODY = 128 * 1024;

const db = new Database(JOURNAL, { timeout: 5000, fileMustExist: true });
db.pragma('synchronous = FULL');

const sql = {
	putDelivery: db.prepare(`INSERT INTO delivery (received_us, url,
		signature, body) VALUES (?, ?, ?, ?)`),
	putEvent: db.prepare(`INSERT INTO event (delivery_id, type, stream_id,
		seq, verdict, identity, item, data, date_created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
	findStream: db.prepare(`SELECT id, kind, first, head FROM stream
		WHERE service_sid = ? AND kind = ? AND key = ?`),
	putStream: db.prepare(`INSERT INTO stream (service_sid, kind, key,
		first, head) VALUES (?, ?, ?, ?, ?)`),
	setHead: db.prepare('UPDATE stream SET head = ? WHERE id = ?'),
	setFirst: db.prepare('UPDATE stream SET first = ? WHERE id = ?'),
	seen: db.prepare(`SELECT 1 FROM event WHERE stream_id = ? AND seq = ?
		LIMIT 1`),
	putGap: db.prepare(`INSERT INTO gap (stream_id, first, last, opened_by)
		VALUES (?, ?, ?, ?)`),
	findGap: db.prepare(`SELECT id, first, last, opened_by FROM gap
		WHERE stream_id = ? AND filled_by IS NULL AND first <= ?
		ORDER BY first DESC LIMIT 1`),
	fillGap: db.prepare(`UPDATE gap SET first = ?, last = ?, filled_by = ?
		WHERE id = ?`),
};

const STREAMS = {
	document: ['DocumentSid', 'DocumentRevision'],
	list: ['ListSid', 'EventId'],
	map: ['MapSid', 'EventId'],
	endpoint: ['Identity', 'EventId'],
};

/* The stream that an event belongs to: kind, key, number. */
function streamOf(params) {
	const type = params.EventType ?? '';
	const kind = type.slice(0, type.indexOf('_'));
	const [key, number] = STREAMS[kind] ?? [];
	const text = params[number] ?? '';
	return {
		kind,
		key: params[key] ?? '',
		seq: /^[0-9]+$/.test(text) ? Number(text) : null,
	};
}

function openGap(streamId, first, last, id) {
	if (first <= last)
		sql.putGap.run(streamId, first, last, id);
}

/* A number above the head. Reachability numbers have natural holes. */
function goAhead(stream, seq, id) {
	sql.setHead.run(seq, stream.id);
	if (stream.kind === 'endpoint' || seq === stream.head + 1)
		return 'in_order';
	openGap(stream.id, stream.head + 1, seq - 1, id);
	return 'ahead';
}

/* A number up to the head: fills a gap, or was here before. */
function goBack(stream, seq, id) {
	if (sql.seen.get(stream.id, seq) !== undefined)
		return 'duplicate';
	if (stream.kind === 'endpoint')
		return 'late';
	if (seq < stream.first) {
		sql.setFirst.run(seq, stream.id);
		openGap(stream.id, seq + 1, stream.first - 1, id);
		return 'late';
	}
	const gap = sql.findGap.get(stream.id, seq);
	sql.fillGap.run(seq, seq, id, gap.id);
	openGap(stream.id, gap.first, seq - 1, gap.opened_by);
	openGap(stream.id, seq + 1, gap.last, gap.opened_by);
	return 'late';
}

/* The verdict, and the stream's id. */
function judge(params, { kind, key, seq }, id) {
	const type = params.EventType ?? '';
	if (key === '' || seq === null) {
		const isLife = /^(list|map)_(created|removed)$/.test(type);
		return [isLife ? 'lifecycle' : 'unsequenced', null];
	}
	const service = params.ServiceSid ?? '';
	const stream = sql.findStream.get(service, kind, key);
	if (stream === undefined) {
		const made = sql.putStream.run(service, kind, key, seq, seq);
		return ['baseline', made.lastInsertRowid];
	}
	/* A document's removal may carry the head's number. */
	if (type === 'document_removed' && seq === stream.head)
		return ['in_order', stream.id];
	const verdict = seq > stream.head ? goAhead(stream, seq, id) :
		goBack(stream, seq, id);
	return [verdict, stream.id];
}

const append = db.transaction((params, signature, body) => {
	const place = streamOf(params);
	const id = sql.putDelivery.run(Date.now() * 1000, PUBLIC_URL,
		signature, body).lastInsertRowid;
	const [verdict, streamId] = judge(params, place, id);
	sql.putEvent.run(id, params.EventType ?? '', streamId, place.seq,
		verdict, params.Identity ?? null,
		params.ItemIndex ?? params.ItemKey ?? null,
		params.DocumentData ?? params.ItemData ?? null,
		params.DateCreated ?? null);
});

function answer(request, body) {
	const signature = request.headers['x-twilio-signature'] ?? '';
	const params = querystring.parse(body);
	if (!validateRequest(TWILIO_AUTH_TOKEN, signature, PUBLIC_URL, params))
		return 403;
	try {
		append.immediate(params, signature, body);
		return 204;
	} catch (why) {
		console.error(why.message);
		return 503;
	}
}

const server = http.createServer((request, response) => {
	if (request.method !== 'POST') {
		response.writeHead(405, { Allow: 'POST' }).end();
		return;
	}
	let body = '';
	request.setEncoding('utf8');
	request.on('data', (piece) => {
		body += piece;
		if (body.length > MAX_BODY)
			request.destroy();
	});
	request.on('end', () => {
		response.writeHead(answer(request, body)).end();
	});
});

/* Longer than nginx keeps an idle connection: 60 s. */
server.keepAliveTimeout = 65000;
server.listen(SOCKET);
