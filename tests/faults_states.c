/* The states that steps begin from. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults_steps.h"
#include "journal/rebuild.h"
#include "scripts.h"
#include "twilio/params.h"
#include "twilio/signature.h"

#define A "AC00000000000000000000000000000001"
#define COMMON "AccountSid=" A "&Identity=alice&" \
	"ServiceSid=IS00000000000000000000000000000001"
#define SECOND "AccountSid=" A "&Identity=alice&" \
	"ServiceSid=IS00000000000000000000000000000002"
#define DOCUMENT "DocumentSid=ET00000000000000000000000000000001&" \
	"DocumentUniqueName=cart"
#define MAP "MapSid=MP00000000000000000000000000000001&MapUniqueName=map"
#define LIST "ListSid=ES00000000000000000000000000000001"

/* A gap, a duplicate, a conflict, what comes late, what is removed, and what
 * cannot be read. */
static const char *const history[] = {
	"EventType=document_created&" COMMON "&" DOCUMENT
	    "&DocumentRevision=1&DocumentData=%7B%22a%22%3A1%7D"
	    "&DateCreated=2026-01-01T09:00:00Z",
	"EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=6&DocumentData=%7B%22a%22%3A6%7D",
	"EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=6&DocumentData=%7B%22a%22%3A6%7D",
	"EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=6&DocumentData=%7B%22a%22%3A7%7D",
	"EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=3&DocumentData=%7B%22a%22%3A3%7D",
	"EventType=map_created&" COMMON "&" MAP "&MapRevision=0",
	"EventType=map_item_added&" COMMON "&" MAP "&EventId=1&ItemKey=k"
	    "&ItemData=1&ItemRevision=1&MapRevision=1",
	"EventType=map_item_updated&" COMMON "&" MAP "&EventId=4&ItemKey=k"
	    "&ItemData=4&ItemRevision=4&MapRevision=4",
	"EventType=list_item_added&" COMMON "&" LIST "&EventId=2&ItemIndex=0"
	    "&ItemData=%22x%22&ItemRevision=2&ListRevision=3",
	"EventType=endpoint_connected&" COMMON
	    "&EndpointId=e1&EventId=4&IsIdentityOnline=true",
	"EventType=document_removed&" COMMON "&DocumentSid="
	    "ET00000000000000000000000000000002&DocumentRevision=2",
	"EventType=document_updated&" SECOND "&DocumentSid="
	    "ET00000000000000000000000000000003&DocumentRevision=9"
	    "&DocumentData=9",
	"EventType=document_updated&" SECOND "&DocumentSid="
	    "ET00000000000000000000000000000003&DocumentRevision=10"
	    "&DocumentData=10",
	"nothing",
};
#define N_HISTORY (sizeof(history) / sizeof(history[0]))

const char *
other_path(const struct place *place)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/other.db", place->directory);
	return path;
}

static struct journal *
open_at(const char *path, enum conf_mode mode)
{
	const struct journal_options options = { .path = path, .mode = mode,
	    .resident = true };
	struct journal *journal = NULL;
	struct err err;

	if (journal_open(&journal, &options, WAIT_MS, &err) != RC_OK)
		fail_msg("%s", err.text);
	return journal;
}

/* With signatures that are each once in all tests: "base-01". */
static void
append_signed(struct journal *journal, const char *begin, size_t i,
    const char *form)
{
	struct sample *const sample = sample_new(form);
	struct delivery *delivery = sample_delivery(sample);
	char signature[32];
	struct err err;

	(void)snprintf(signature, sizeof(signature), "%s-%02zu", begin, i);
	delivery->signature = slice_of(signature);
	delivery->received_us = INT64_C(1767225600000000) + (int64_t)i *
	    1000000;
	if (journal_append(journal, &delivery, 1, WAIT_MS, &err) != RC_OK)
		fail_msg("%s", err.text);
	assert_int_equal(delivery->rc, RC_OK);
	sample_free(sample);
}

/* What was refused then, and verifies with the token "new". */
static void
refuse(struct journal *journal, int i)
{
	static const char url[] = "https://hooks.example.com/sync";
	char form[512], signature[SIGNATURE_LEN + 1];
	struct signing_key *key = NULL;
	struct params params;
	const int len = snprintf(form, sizeof(form), "EventType="
	    "document_updated&" COMMON "&DocumentSid="
	    "ET00000000000000000000000000000004&DocumentRevision=%d", i);
	const struct reject reject = {
		.received_us = INT64_C(1767225600000000) + i,
		.status = 403,
		.reason = "signature_wrong",
		.account_sid = slice_of(A),
		.remote_addr = slice_of("192.0.2.1"),
		.url = slice_of(url),
		.signature = { signature, SIGNATURE_LEN },
		.content_type = slice_of(FORM_TYPE),
		.likeness = LIKENESS_ACCOUNT,
		.body = { form, (size_t)len },
	};

	params_init(&params);
	assert_int_equal(signing_key_new(&key, slice_of("new"), NULL), RC_OK);
	assert_int_equal(params_from_form(&params, reject.body, NULL), RC_OK);
	params_sort(&params);
	signature_make(key, reject.url, &params, signature);
	signing_key_free(key);
	params_clear(&params);
	journal_quarantine(journal, &reject);
}

static void
make_history(const struct place *place, enum conf_mode mode)
{
	struct journal *journal = open_at(place->path, mode);
	struct err err;
	size_t i;

	for (i = 0; i < N_HISTORY; i++)
		append_signed(journal, "base", i, history[i]);
	refuse(journal, 1);
	refuse(journal, 2);
	assert_int_equal(journal_flush(journal, WAIT_MS, &err), RC_OK);
	journal_close(journal);
}

static void
make_other(const struct place *place)
{
	struct journal *journal = open_at(other_path(place), CONF_MODE_WAL);

	append_signed(journal, "other", 1, "EventType=document_updated&" COMMON
	    "&" DOCUMENT "&DocumentRevision=4&DocumentData=4");
	append_signed(journal, "other", 2, "EventType=map_item_removed&" COMMON
	    "&" MAP "&EventId=5&ItemKey=k&ItemRevision=5&MapRevision=5");
	journal_close(journal);
}

/* A letter has come; the other document of its service is still to be put
 * right. */
static void
make_rebased(const struct place *place)
{
	struct journal *journal;
	struct err err;

	make_history(place, CONF_MODE_WAL);
	journal = open_at(place->path, CONF_MODE_WAL);
	append_signed(journal, "base", 98, "EventType=document_updated&" SECOND
	    "&DocumentSid=ET00000000000000000000000000000005"
	    "&DocumentRevision=a&DocumentData=1");
	assert_true(journal_upkeep_due(journal));
	assert_int_equal(rebuild_want(journal, WAIT_MS, &err), RC_OK);
	journal_close(journal);
}

static void
must_change(const struct place *place, const char *sql)
{
	assert_int_equal(change(place->path, sql), SQLITE_OK);
}

/* As version 1 of the program left it. */
static void
make_version_1(const struct place *place)
{
	must_change(place, migration_text[0]);
	must_change(place, "INSERT INTO journal (id, uuid, created_us, mode, "
	    "schema_version, program_version) VALUES (1, 'u-1', 1, "
	    "'truncate', '1.1', '0.1');"
	    "INSERT INTO evidence VALUES (1, 'https://h/', 'k', "
	    "'application/x-www-form-urlencoded');"
	    "INSERT INTO delivery VALUES (1, 1000000, 1, 'base-1', NULL, "
	    "CAST('EventType=document_updated&" COMMON "&" DOCUMENT
	    "&DocumentRevision=9' AS BLOB), zeroblob(32), NULL, NULL);"
	    "INSERT INTO service VALUES (1, '" A "', "
	    "'IS00000000000000000000000000000001');"
	    "INSERT INTO stream VALUES (1, 1, 1, "
	    "'ET00000000000000000000000000000001', NULL, 'cart', 9, 9, 1, 0, "
	    "NULL, 0, 1, 9, 1000000, 1000000);"
	    "INSERT INTO event (position, type, service_id, stream_id, seq, "
	    "verdict, behind, content) VALUES (1, 2, 1, 1, 9, 1, 0, "
	    "zeroblob(32));"
	    "INSERT INTO gap VALUES (1, 1, 0, 8, 1, 1, NULL);"
	    "PRAGMA user_version = 1; PRAGMA application_id = 1400457838;");
}

/* What version 4 has changed is taken back. */
static void
make_version_3(const struct place *place)
{
	make_history(place, CONF_MODE_TRUNCATE);
	must_change(place, "DROP VIEW rejects; "
	    "DROP VIEW reject_counts; DROP VIEW findings; "
	    "DROP VIEW journal_info; "
	    "DROP TABLE reject_count; DROP INDEX reject_likeness; "
	    "CREATE TABLE old AS SELECT * FROM reject; DROP TABLE reject; "
	    "CREATE TABLE reject (reject_id INTEGER PRIMARY KEY, "
	    "received_us INTEGER NOT NULL, status INTEGER NOT NULL, "
	    "reason TEXT NOT NULL, account_sid TEXT, remote_addr TEXT, "
	    "url TEXT, signature TEXT, content_type TEXT, body BLOB); "
	    "INSERT INTO reject SELECT reject_id, received_us, status, "
	    "reason, account_sid, remote_addr, url, signature, "
	    "content_type, body FROM old; DROP TABLE old; "
	    "CREATE TABLE old AS SELECT * FROM journal; DROP TABLE journal; "
	    "CREATE TABLE journal (id INTEGER PRIMARY KEY, uuid TEXT, "
	    "created_us INTEGER, mode TEXT, schema_version TEXT, "
	    "program_version TEXT, rejects_total INTEGER, "
	    "reject_bytes INTEGER, generation INTEGER); "
	    "INSERT INTO journal SELECT id, uuid, created_us, mode, '1.3', "
	    "program_version, rejects_total, 0, generation FROM old; "
	    "DROP TABLE old; PRAGMA user_version = 3");
}

void
state_make(enum step_state state, const struct place *place)
{
	char wal[128];

	switch (state) {
	case STATE_NONE:
		break;
	case STATE_LEFT:
		(void)snprintf(wal, sizeof(wal), "%s-wal", place->path);
		write_file(wal, "left", 4);
		break;
	case STATE_WAL:
		make_history(place, CONF_MODE_WAL);
		break;
	case STATE_TWO:
		make_history(place, CONF_MODE_WAL);
		make_other(place);
		break;
	case STATE_TRUNCATE:
		make_history(place, CONF_MODE_TRUNCATE);
		break;
	case STATE_REBASED:
		make_rebased(place);
		break;
	case STATE_VERSION_1:
		make_version_1(place);
		break;
	case STATE_VERSION_3:
		make_version_3(place);
		break;
	case N_STEP_STATES:
		break;
	}
}
