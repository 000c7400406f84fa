/*
 * sample -- write a new journal whose every byte of output is known
 * beforehand: the history of sample_history.c, signed and journaled as a
 * responder would, with receipt times of its own.
 *
 *     tests/sample JOURNAL
 *
 * Not the same on each run are the journal's name (UUID), when it was made, and
 * the times of actions. It is one file without a WAL, so that it can be copied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "journal/decode.h"
#include "journal/journal.h"
#include "sample_history.h"
#include "twilio/number.h"
#include "twilio/params.h"
#include "twilio/signature.h"

#define ACCOUNT "AC0123456789abcdef0123456789abcdef"
#define TOKEN "12345678901234567890123456789012"
#define URL "https://hooks.example.com/sync"
#define FORM "application/x-www-form-urlencoded"
#define WAIT_MS 5000

#define KEYS 5000
#define OTHER_KEY 2500		/* whose value is another in @other_keys */
#define DEPTH 200

struct writer {
	struct journal *journal;
	struct decoder *decoder;
	struct signing_key *key;
	struct params params;
	struct buf body;
	struct buf data;
};

/* --------------------------------------------------------------------------
 * Data
 */

/* As many keys as there is room for, to the last byte. */
static void
add_full(struct buf *data)
{
	buf_add_char(data, '{');
	for (int i = 0; data->len < EVENT_DATA_BYTES_MAX - 64; i++)
		buf_printf(data, "\"k%04d\":%d,", i, i);
	buf_add_text(data, "\"pad\":\"");
	while (buf_ok(data) && data->len < EVENT_DATA_BYTES_MAX - 2)
		buf_add_char(data, 'x');
	buf_add_text(data, "\"}");
}

static void
add_keys(struct buf *data, int other)
{
	for (int i = 0; i < KEYS; i++)
		buf_printf(data, "%c\"k%d\":%d", i == 0 ? '{' : ',', i,
		    i == other ? -i : i);
	buf_add_char(data, '}');
}

/* Objects and arrays by turns. */
static void
add_deep(struct buf *data, int leaf)
{
	for (int i = 0; i < DEPTH; i += 2)
		buf_add_text(data, "{\"d\":[");
	buf_printf(data, "%d", leaf);
	for (int i = 0; i < DEPTH; i += 2)
		buf_add_text(data, "]}");
}

static void
make_data(struct buf *data, const char *text)
{
	buf_reset(data);
	if (strcmp(text, "@full") == 0)
		add_full(data);
	else if (strcmp(text, "@keys") == 0)
		add_keys(data, -1);
	else if (strcmp(text, "@other_keys") == 0)
		add_keys(data, OTHER_KEY);
	else if (strcmp(text, "@deep") == 0)
		add_deep(data, 0);
	else if (strcmp(text, "@other_deep") == 0)
		add_deep(data, 1);
	else
		for (; *text != '\0'; text++)
			buf_add_char(data, *text == '\'' ? '"' : *text);
}

/* --------------------------------------------------------------------------
 * Bodies
 */

static void
add_encoded(struct buf *body, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_.";

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			buf_add_char(body, *text);
		else if (*text == ' ')
			buf_add_char(body, '+');
		else
			buf_printf(body, "%%%02X", (unsigned char)*text);
	}
}

/* A parameter, its name in two parts; nothing when there is no value. */
static void
add_param(struct buf *body, const char *name, const char *rest,
    const char *value)
{
	if (value == NULL)
		return;
	if (body->len > 0)
		buf_add_char(body, '&');
	buf_add_text(body, name);
	buf_add_text(body, rest);
	buf_add_char(body, '=');
	add_encoded(body, value);
}

static void
add_created(struct buf *body, const struct row *row, int64_t at_us)
{
	const int64_t lag_ms = 100 + row->position * 37 % 200;
	char text[sizeof("YYYY-MM-DDTHH:MM:SS.SSSZ")];

	if (row->created != NULL &&
	    strspn(row->created, "0123456789:.") < strlen(row->created)) {
		add_param(body, "DateCreated", "", row->created);
		return;
	}
	if (row->created != NULL)
		(void)snprintf(text, sizeof(text), SAMPLE_DAY "T%sZ",
		    row->created);
	else {
		clock_text(at_us - lag_ms * 1000, text);
		text[strlen(SAMPLE_DAY)] = 'T';
		text[sizeof(text) - 2] = 'Z';
		text[sizeof(text) - 1] = '\0';
	}
	add_param(body, "DateCreated", "", text);
}

/* The collection's revision is one more than the EventId, and the item's is
 * the EventId (docs/twilio.md section 3). */
static void
add_item(struct buf *body, const struct row *row, const char *data)
{
	char revision[24];
	int64_t event_id = 0;

	(void)number_parse(slice_of(row->number), 10, &event_id);
	(void)snprintf(revision, sizeof(revision), "%lld",
	    (long long)event_id + 1);
	add_param(body, row->about->word, "Revision", revision);
	add_param(body, "EventId", "", row->number);
	add_param(body, strcmp(row->about->type, "map") == 0 ? "ItemKey" :
	    "ItemIndex", "", row->item);
	if (data != NULL)
		add_param(body, "ItemRevision", "", row->number);
	add_param(body, "ItemData", "", data);
}

static void
add_object(struct buf *body, const struct row *row, int64_t at_us,
    const char *data)
{
	const struct thing *about = row->about;

	add_param(body, "EndpointId", "", row->who->endpoint_id);
	add_created(body, row, at_us);
	add_param(body, about->word, "Sid", about->sid);
	add_param(body, about->word, "UniqueName", about->unique_name);
	if (row->item != NULL) {
		add_item(body, row, data);
		return;
	}
	add_param(body, about->word, "Revision", row->number);
	add_param(body, about->word, "Data", data);
}

static bool
make_body(struct writer *writer, const struct row *row, int64_t at_us)
{
	struct buf *body = &writer->body;
	char type[32];

	buf_reset(body);
	(void)snprintf(type, sizeof(type), "%s_%s", row->about->type,
	    row->what);
	add_param(body, "EventType", "", type);
	add_param(body, "AccountSid", "", ACCOUNT);
	add_param(body, "ServiceSid", "", row->about->service_sid);
	add_param(body, "Identity", "", row->who->identity);
	if (row->about->word == NULL) {
		add_param(body, "EndpointId", "", row->item);
		add_param(body, "EventId", "", row->number);
		add_param(body, "IsIdentityOnline", "", row->data);
		return buf_ok(body);
	}
	if (row->data != NULL)
		make_data(&writer->data, row->data);
	add_object(body, row, at_us,
	    row->data == NULL ? NULL : writer->data.data);
	return buf_ok(body) && buf_ok(&writer->data);
}

/* --------------------------------------------------------------------------
 * Rows
 */

static bool
read_at(const char *at, int64_t *us)
{
	char text[CLOCK_TEXT_SIZE];

	(void)snprintf(text, sizeof(text), SAMPLE_DAY " %s", at);
	return clock_parse(slice_of(text), us);
}

/* The table says what becomes of it; a journal that says otherwise is no
 * ground to test on. */
static enum rc
check_row(const struct row *row, const struct delivery *delivery,
    struct err *err)
{
	const char *name = verdict_name(delivery->verdict);
	const char *want = row->verdict == NULL ? "none" : row->verdict;

	if (name == NULL)
		name = "none";
	if (delivery->position != row->position || strcmp(name, want) != 0)
		return err_set(err, RC_STORE, "%s at position %lld, not %s at "
		    "position %d", name, (long long)delivery->position, want,
		    row->position);
	return RC_OK;
}

static enum rc
write_delivery(struct writer *writer, const struct row *row, struct err *err)
{
	struct delivery delivery = {
		.url = slice_of(URL),
		.key_id = slice_of(signing_key_id(writer->key)),
		.content_type = slice_of(FORM),
	}, *batch = &delivery;
	char signature[SIGNATURE_LEN + 1];
	char token[sizeof("00000000-0000-4000-8000-000000000000")];
	enum rc rc;

	if (!read_at(row->at, &delivery.received_us) ||
	    !make_body(writer, row, delivery.received_us))
		return err_set(err, RC_MEMORY, "position %d cannot be made",
		    row->position);
	delivery.body = buf_slice(&writer->body);
	rc = params_from_form(&writer->params, delivery.body, err);
	if (rc != RC_OK)
		return rc;
	params_sort(&writer->params);
	signature_make(writer->key, delivery.url, &writer->params, signature);
	delivery.signature = slice_of(signature);
	(void)snprintf(token, sizeof(token), "00000000-0000-4000-8000-%012x",
	    (unsigned int)row->position);
	delivery.idempotency_token = slice_of(token);
	rc = decoder_read(writer->decoder, delivery.content_type,
	    delivery.body, &delivery.event, err);
	if (rc == RC_OK)
		rc = journal_append(writer->journal, &batch, 1, WAIT_MS, err);
	if (rc == RC_OK)
		rc = delivery.rc;
	return rc == RC_OK ? check_row(row, &delivery, err) : rc;
}

static enum rc
close_gap(struct writer *writer, const struct row *row, struct err *err)
{
	struct gap_closed closed;
	int64_t gap_id = 0;

	(void)number_parse(slice_of(row->number), 10, &gap_id);
	return journal_close_gap(writer->journal, gap_id, GAP_EXPLAINED, -1, -1,
	    row->who->identity, row->data, WAIT_MS, &closed, err);
}

/* Two requests that were refused. */
static enum rc
write_rejects(struct writer *writer, struct err *err)
{
	struct reject reject = {
		.status = 403,
		.reason = "signature_wrong",
		.account_sid = slice_of(ACCOUNT),
		.remote_addr = slice_of("192.0.2.7"),
		.url = slice_of(URL),
		.signature = slice_of("RSOYDt4T1cUTdK1PDd93/VVr8B8="),
		.content_type = slice_of(FORM),
		.body = slice_of("EventType=document_created&"
		    "AccountSid=" ACCOUNT),
	};

	if (!read_at("09:02:31.000", &reject.received_us))
		return err_set(err, RC_MEMORY, "rejects cannot be made");
	journal_quarantine(writer->journal, &reject);
	reject = (struct reject){
		.received_us = reject.received_us + 61 * 1000000,
		.status = 415,
		.reason = "content_type_unsupported",
		.remote_addr = slice_of("2001:db8::7"),
		.url = slice_of(URL "?a=1"),
		.content_type = slice_of("text/xml"),
	};
	journal_quarantine(writer->journal, &reject);
	return journal_flush(writer->journal, WAIT_MS, err);
}

static enum rc
write_all(struct writer *writer, struct err *err)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sample_n_rows; i++) {
		const struct row *row = &sample_history[i];

		rc = row->about == NULL ? close_gap(writer, row, err) :
		    write_delivery(writer, row, err);
		while (rc == RC_OK && journal_upkeep_due(writer->journal))
			rc = journal_upkeep(writer->journal, WAIT_MS, err);
	}
	return rc == RC_OK ? write_rejects(writer, err) : rc;
}

/* Refuses a journal that is there. */
static enum rc
open_new(struct writer *writer, const char *path, struct err *err)
{
	const struct journal_options options = { .path = path,
	    .mode = CONF_MODE_TRUNCATE };
	FILE *file = fopen(path, "r");
	enum rc rc;

	if (file != NULL) {
		(void)fclose(file);
		return err_set(err, RC_USAGE, "%s: is there already", path);
	}
	params_init(&writer->params);
	buf_init(&writer->body, 0);
	buf_init(&writer->data, 0);
	rc = decoder_new(&writer->decoder, err);
	if (rc == RC_OK)
		rc = signing_key_new(&writer->key, slice_of(TOKEN), err);
	if (rc == RC_OK)
		rc = journal_open(&writer->journal, &options, WAIT_MS, err);
	return rc;
}

int
main(int argc, char **argv)
{
	struct writer writer = { .journal = NULL };
	struct err err = { "" };
	enum rc rc;

	if (argc != 2) {
		(void)fputs("usage: sample JOURNAL\n", stderr);
		return 2;
	}
	rc = open_new(&writer, argv[1], &err);
	if (rc == RC_OK)
		rc = write_all(&writer, &err);
	if (rc != RC_OK)
		(void)fprintf(stderr, "sample: %s\n", err.text);
	journal_close(writer.journal);
	decoder_free(writer.decoder);
	signing_key_free(writer.key);
	params_clear(&writer.params);
	buf_clear(&writer.body);
	buf_clear(&writer.data);
	return rc == RC_OK ? 0 : 1;
}
