// Hand on each document's new state: node consume.js JOURNAL STATE
'use strict';
const fs = require('node:fs');

const [, , journal, state] = process.argv;

// Your work. Done twice, it must come to the same; data is null once the
// document was removed.
async function handle(name, revision, data) {
  console.log(`${name} ${revision} ${data}`);
}

// better-sqlite3, or what is in Node from 22.5 on.
function open(path) {
  try {
    const Database = require('better-sqlite3');
    return new Database(path, { readonly: true, fileMustExist: true });
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    const { DatabaseSync } = require('node:sqlite');
    return new DatabaseSync(path, { readOnly: true });
  }
}

// The last event that was looked at: its position and receipt.
function load() {
  if (!fs.existsSync(state)) return [0, ''];
  const [position, receivedAt] =
    fs.readFileSync(state, 'utf8').trimEnd().split('\t');
  return [Number(position), receivedAt];
}

function save(position, receivedAt) {
  const file = fs.openSync(`${state}.new`, 'w');
  fs.writeSync(file, `${position}\t${receivedAt}\n`);
  fs.fsyncSync(file);
  fs.closeSync(file);
  fs.renameSync(`${state}.new`, state);
}

const db = open(journal);
db.exec('PRAGMA busy_timeout = 5000');
const known = db.prepare('SELECT received_at FROM events WHERE position = ?');
const next = db.prepare(`SELECT position, received_at, stream_kind, object_sid,
  service_sid, unique_name, revision, data FROM events WHERE position > ?
  ORDER BY position LIMIT 100`);
const current = db.prepare(`SELECT position FROM documents
  WHERE document_sid = ? AND service_sid IS ?`);

async function main() {
  let [after, receivedAt] = load();
  if (after > 0 && known.get(after)?.received_at !== receivedAt) {
    throw new Error(`${state}: is not of this journal, or it was restored`);
  }
  for (;;) {
    // all() ends the transaction: none is open during the work
    const events = next.all(after);
    for (const event of events) {
      after = event.position;
      receivedAt = event.received_at;
      if (event.stream_kind !== 'document') continue;
      const now = current.get(event.object_sid, event.service_sid);
      if (now?.position !== after) continue;
      await handle(event.unique_name ?? event.object_sid, event.revision,
        event.data);
      save(after, receivedAt);
    }
    if (events.length > 0) save(after, receivedAt);
    else await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
