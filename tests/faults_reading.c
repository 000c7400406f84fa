/* Steps that only read: what they give is whole, or an error. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/collection.h"
#include "audit/findings.h"
#include "audit/name.h"
#include "audit/overview.h"
#include "audit/past.h"
#include "base/conf.h"
#include "base/digest.h"
#include "faults_steps.h"
#include "journal/check.h"
#include "journal/reader.h"
#include "json/blame.h"
#include "json/diff.h"
#include "json/patch.h"
#include "responder/batch.h"
#include "twilio/explain.h"
#include "twilio/params.h"
#include "twilio/verify.h"

#define A "AC00000000000000000000000000000001"
#define URL "https://hooks.example.com/sync"
#define NOW_US INT64_C(1767229200000000)
#define WALK_MOST 4
/* None waits longer. */
#define LATE_US (INT64_C(1000) * BATCH_WAIT_MS + 1)

void
work_print(struct work *work, const char *fmt, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, fmt);
	n = vsnprintf(work->out + work->len, sizeof(work->out) - work->len,
	    fmt, arguments);
	va_end(arguments);
	assert_true(n >= 0 && (size_t)n < sizeof(work->out) - work->len);
	work->len += (size_t)n;
}

static void
print_slice(struct work *work, const char *label, struct slice text)
{
	work_print(work, "%s=%.*s\n", label, text.p == NULL ? 4 :
	    (int)text.len, text.p == NULL ? "NULL" : text.p);
}

/* ------------------------------------------------------------------------
 * The journal
 */

static void
print_difference(void *to, const char *sentence)
{
	work_print(to, "%s\n", sentence);
}

static enum rc
run_check(struct work *work, struct err *err)
{
	const struct check_calls calls = { .differs = print_difference,
	    .context = work };
	struct check_report report;
	enum rc rc;

	rc = check_run(work->place->path, &calls, &report, err);
	if (rc == RC_OK)
		work_print(work, "%lld of %lld\n",
		    (long long)report.differences,
		    (long long)report.deliveries);
	return rc;
}

static enum rc
print_findings(struct work *work, struct db *db, struct err *err)
{
	const struct findings_query query = { .now_us = NOW_US,
	    .grace_s = FINDINGS_GRACE_S };
	struct findings_count count = { .gaps = 0 };
	struct finding finding;
	struct buf advice;
	enum rc rc;
	bool row = true;

	buf_init(&advice, 0);
	rc = findings_begin(db, &query, err);
	while (rc == RC_OK && row) {
		rc = findings_next(db, &count, &finding, &row, err);
		if (rc != RC_OK || !row)
			continue;
		finding_advice(&advice, &finding, "  ");
		print_slice(work, "finding", finding.kind_name);
		print_slice(work, "detail", finding.detail);
		if (!buf_ok(&advice))
			rc = err_set(err, RC_MEMORY, "advice: no memory");
	}
	buf_clear(&advice);
	if (rc == RC_OK)
		work_print(work, "gaps %lld\n", (long long)count.gaps);
	return rc;
}

static enum rc
print_overview(struct work *work, struct db *db, struct err *err)
{
	struct overview overview;
	enum rc rc;

	rc = overview_read(db, work->place->path, NOW_US, &overview, err);
	if (rc == RC_OK)
		work_print(work, "%s %lld %lld %lld %lld %lld %s\n",
		    overview.mode, (long long)overview.ground.deliveries,
		    (long long)overview.ground.streams,
		    (long long)overview.open_gaps,
		    (long long)overview.missing,
		    (long long)overview.rejects_kept, overview.reject_reason);
	return rc;
}

/* A walk's step. */
static enum rc
print_step(void *to, const struct past_step *step, struct err *err)
{
	struct work *const work = to;

	(void)err;
	if (step->version != NULL) {
		work_print(work, "%lld ", (long long)step->version->position);
		print_slice(work, "data", step->version->data);
	} else {
		work_print(work, "missing\n");
	}
	return RC_OK;
}

static enum rc
print_state(struct work *work, enum rc rc, struct past_state *state)
{
	if (rc == RC_OK) {
		work_print(work, "answer %d\n", (int)state->answer);
		print_slice(work, "data", state->version.data);
		print_slice(work, "why", buf_slice(&state->why));
		print_slice(work, "note", buf_slice(&state->note));
	}
	past_clear(state);
	return rc;
}

static enum rc
print_past(struct work *work, struct db *db, const struct past_about *about,
    struct err *err)
{
	const int64_t at_us = NOW_US - 3000000;
	struct past_state state;
	struct past_walk walk;
	bool more = true;
	enum rc rc;

	rc = print_state(work, past_at(db, about, NULL, &state, err), &state);
	if (rc == RC_OK)
		rc = print_state(work, past_at(db, about, &at_us, &state, err),
		    &state);
	if (rc == RC_OK)
		rc = print_state(work, past_rev(db, about, 6, &state, err),
		    &state);
	past_walk_begin(&walk, about, false, true);
	while (rc == RC_OK && more)
		rc = past_walk_next(db, &walk, WALK_MOST, print_step, work,
		    &more, err);
	return rc;
}

static enum rc
print_collection(struct work *work, struct db *db,
    const struct subject *subject, struct err *err)
{
	struct collection collection;
	struct version version;
	struct buf text;
	bool more = true;
	enum rc rc;
	size_t i;

	buf_init(&text, 0);
	rc = collection_at(&collection, db, subject, NULL, err);
	while (rc == RC_OK && more)
		rc = collection_find(&collection, db, 1, &more, err);
	for (i = 0; rc == RC_OK && i < collection.n_items; i++) {
		rc = collection_read(&collection, db, i, &text, &version, err);
		if (rc == RC_OK)
			print_slice(work, "item", version.data);
	}
	if (rc == RC_OK)
		print_slice(work, "why", buf_slice(&collection.why));
	collection_clear(&collection);
	buf_clear(&text);
	return rc;
}

/* What is known of a name. */
static enum rc
print_name(struct work *work, struct db *db, const char *name,
    struct err *err)
{
	const char *const words[] = { name };
	const struct name_query query = { .words = words, .n_words = 1 };
	struct name_found found;
	struct past_about about = { .item = slice_of(NULL) };
	enum rc rc;

	rc = name_find(db, &query, &found, err);
	about.subject = &found.subject;
	if (rc == RC_OK && found.subject.kind == STREAM_MAP)
		rc = print_collection(work, db, &found.subject, err);
	else if (rc == RC_OK)
		rc = print_past(work, db, &about, err);
	name_clear(&found);
	return rc;
}

static enum rc
print_query(struct work *work, struct db *db, struct err *err)
{
	enum rc rc;
	bool row = true;

	rc = db_query(db, "SELECT position, verdict, 1 + position FROM events "
	    "ORDER BY position", err);
	while (rc == RC_OK && row) {
		rc = db_row(db, DB_QUERY, &row, err);
		if (rc == RC_OK && row) {
			const struct slice third = db_bytes(db, DB_QUERY, 2);

			work_print(work, "%lld %.*s\n",
			    (long long)db_int(db, DB_QUERY, 0),
			    (int)third.len, third.p);
		}
	}
	return rc;
}

/* All in one transaction, as the commands do it. */
static enum rc
run_read(struct work *work, struct err *err)
{
	struct db *db = NULL;
	bool file_only;
	enum rc rc;

	rc = reader_open(&db, work->place->path, &file_only, err);
	if (rc == RC_OK)
		rc = reader_check_version(db, work->place->path, err);
	if (rc == RC_OK)
		rc = db_run(db, STATEMENT_BEGIN_READ, err);
	if (rc == RC_OK)
		rc = print_overview(work, db, err);
	if (rc == RC_OK)
		rc = print_findings(work, db, err);
	if (rc == RC_OK)
		rc = print_name(work, db, "cart", err);
	if (rc == RC_OK)
		rc = print_name(work, db, "map", err);
	if (rc == RC_OK)
		rc = print_query(work, db, err);
	db_close(db);
	return rc;
}

/* ------------------------------------------------------------------------
 * The configuration
 */

static void
make_conf(struct work *work)
{
	static const char text[] = "[journal]\npath = journal.db\n"
	    "[receive]\npublic_url = " URL "\nmax_body_bytes = 4096\n"
	    "[account " A "]\nauth_token_file = token\n"
	    "[service IS00000000000000000000000000000001]\n"
	    "revision_base = decimal\n";
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/token",
	    work->place->directory);
	write_file(path, "secret\n", 7);
	assert_int_equal(chmod(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/conf", work->place->directory);
	write_file(path, text, sizeof(text) - 1);
	assert_int_equal(chmod(path, 0600), 0);
}

static enum rc
run_conf(struct work *work, struct err *err)
{
	static char variable[] = "TWILIO_AUTH_TOKEN=other";
	char *const envp[] = { variable, NULL };
	struct conf *conf = NULL;
	char path[128];
	enum rc rc;

	(void)snprintf(path, sizeof(path), "%s/conf", work->place->directory);
	rc = conf_load(&conf, path, envp, CONF_NEED_TOKENS, err);
	if (rc == RC_OK)
		work_print(work, "%zu %zu %zu %zu %s %zu\n", conf->n_accounts,
		    conf->n_services, conf->n_public_urls, conf->n_watch,
		    conf->public_urls[0], conf->accounts[0].tokens[0].len);
	conf_free(conf);
	return rc;
}

/* ------------------------------------------------------------------------
 * One request
 */

static char *const urls[] = { (char[]){ URL } };
static struct conf_token tokens[] = { { (char[]){ "new" }, 3 } };
static struct conf_account accounts[] = { { (char[]){ A }, tokens, 1 } };

static struct conf
make_receiving(void)
{
	/* It is not changed. */
	return (struct conf){ .accounts = accounts, .n_accounts = 1,
	    .public_urls = (char **)(uintptr_t)urls, .n_public_urls = 1,
	    .max_body_bytes = 4096 };
}

static const char form[] = "EventType=document_updated&AccountSid=" A
    "&ServiceSid=IS00000000000000000000000000000001&Identity=alice"
    "&DocumentSid=ET00000000000000000000000000000001&DocumentRevision=8"
    "&DocumentData=%7B%22a%22%3A8%7D";
static const char object[] = "{\"EventType\": \"document_updated\", "
    "\"AccountSid\": \"" A "\", \"DocumentRevision\": 9, \"more\": [1, 2]}";

/* With the signature that fits. */
static void
make_signature(struct slice url, const char *body, char *variable,
    size_t size)
{
	char signature[SIGNATURE_LEN + 1];
	struct signing_key *key = NULL;
	struct params params;

	params_init(&params);
	assert_int_equal(signing_key_new(&key, slice_of("new"), NULL), RC_OK);
	if (body != NULL)
		assert_int_equal(params_from_form(&params, slice_of(body),
		    NULL), RC_OK);
	params_sort(&params);
	signature_make(key, url, &params, signature);
	(void)snprintf(variable, size, "HTTP_X_TWILIO_SIGNATURE=%s",
	    signature);
	signing_key_free(key);
	params_clear(&params);
}

struct visit {
	char signature[96], target[160], type[64];
	char *envp[8];
	const char *body;
};

static void
fill_visit(struct visit *visit, const char *query, const char *type)
{
	static char method[] = "REQUEST_METHOD=POST";
	static char host[] = "HTTP_HOST=hooks.example.com";

	(void)snprintf(visit->target, sizeof(visit->target),
	    "REQUEST_URI=/sync%s", query);
	(void)snprintf(visit->type, sizeof(visit->type), "CONTENT_TYPE=%s",
	    type);
	visit->envp[0] = method;
	visit->envp[1] = host;
	visit->envp[2] = visit->target;
	visit->envp[3] = visit->type;
	visit->envp[4] = visit->signature;
	visit->envp[5] = NULL;
}

/* A form, a JSON object and a form with another's signature. */
static void
make_visits(struct work *work)
{
	struct visit *const visits = calloc(3, sizeof(*visits));
	uint8_t digest[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1], url[256];

	assert_non_null(visits);
	visits[0].body = form;
	make_signature(slice_of(URL), form, visits[0].signature,
	    sizeof(visits[0].signature));
	fill_visit(&visits[0], "", FORM_TYPE);
	digest_sha256(slice_of(object), digest);
	digest_hex(digest, sizeof(digest), hex);
	(void)snprintf(url, sizeof(url), "?bodySHA256=%s", hex);
	visits[1].body = object;
	fill_visit(&visits[1], url, "application/json");
	(void)snprintf(url, sizeof(url), URL "?bodySHA256=%s", hex);
	make_signature(slice_of(url), NULL, visits[1].signature,
	    sizeof(visits[1].signature));
	visits[2] = visits[0];
	visits[2].body = "EventType=other&AccountSid=" A;
	fill_visit(&visits[2], "", FORM_TYPE);
	work->own = visits;
}

static void
free_visits(struct work *work)
{
	free(work->own);
	work->own = NULL;
}

static bool
is_unavailable(struct slice answer)
{
	static const char begin[] = "Status: 503 ";

	return answer.len > sizeof(begin) &&
	    memcmp(answer.p, begin, sizeof(begin) - 1) == 0;
}

/* Whoever sent it is told what is so, or to come again: never that it is
 * wrong. */
static enum rc
print_visits(struct work *work, struct batch *batch,
    struct receiver *receiver, struct err *err)
{
	struct visit *const visits = work->own;
	struct exchange *exchange;
	enum rc rc = RC_OK, committed;
	struct slice answer;
	struct err why;
	size_t i;

	for (i = 0; i < 3; i++) {
		committed = RC_OK;
		exchange = batch_spare(batch);
		if (exchange == NULL)
			return err_set(err, RC_MEMORY, "batch: no memory");
		exchange->request = (struct request){ .id = i + 1,
		    .received_us = NOW_US, .envp = visits[i].envp,
		    .body = slice_of(visits[i].body) };
		if (receive(receiver, work->journal, &exchange->request,
		    exchange->receipt) == OUTCOME_APPEND) {
			assert_true(batch_add(batch, exchange));
			assert_int_equal(batch_commit(batch, work->journal,
			    WAIT_MS, LATE_US, &committed, &why), 1);
			batch_take(batch, 1, &exchange);
			assert_true(committed == RC_OK || is_unavailable(
			    receipt_answer(exchange->receipt)));
		}
		answer = receipt_answer(exchange->receipt);
		if (is_unavailable(answer))
			rc = err_set(err, committed == RC_OK ? RC_MEMORY :
			    committed, "%.*s", 80, answer.p);
		else if (rc == RC_OK)
			work_print(work, "%.*s\n", (int)strcspn(answer.p,
			    "\r\n"), answer.p);
		batch_put_back(batch, exchange);
	}
	return rc;
}

static enum rc
run_receive(struct work *work, struct err *err)
{
	const struct conf conf = make_receiving();
	struct receiver *receiver = NULL;
	struct batch *batch = NULL;
	enum rc rc;

	rc = receiver_new(&receiver, &conf, err);
	if (rc == RC_OK)
		rc = batch_new(&batch, err);
	if (rc == RC_OK)
		rc = print_visits(work, batch, receiver, err);
	batch_free(batch);
	receiver_free(receiver);
	return rc;
}

/* Why a signature does not fit: here the port. */
static enum rc
run_explain(struct work *work, struct err *err)
{
	const struct conf conf = make_receiving();
	struct visit *const visits = work->own;
	struct explanation explanation;
	struct verifier *verifier = NULL;
	struct explain_request request;
	struct explain_key key;
	struct keyset keys;
	enum rc rc;

	explanation_init(&explanation);
	rc = verifier_new(&verifier, &conf, err);
	if (rc != RC_OK)
		goto out;
	keys = verifier_keys(verifier, slice_of(A));
	key = (struct explain_key){ keys.keys[0], true };
	request = (struct explain_request){
		.request = {
			.url = slice_of("http://hooks.example.com:8080/sync"),
			.content_type = slice_of(FORM_TYPE),
			.signature = slice_of(strchr(visits[0].signature,
			    '=') + 1),
			.body = slice_of(form),
		},
		.keys = &key, .n_keys = 1,
	};
	rc = explain(&request, &explanation, err);
	if (rc == RC_OK) {
		work_print(work, "%d %zu\n", explanation.found,
		    explanation.n_causes);
		print_slice(work, "url", buf_slice(&explanation.url));
	}
out:
	verifier_free(verifier);
	explanation_clear(&explanation);
	return rc;
}

/* ------------------------------------------------------------------------
 * JSON
 */

static enum rc
print_leaf(void *to, const struct blame_leaf *leaf, struct err *err)
{
	(void)err;
	work_print(to, "%lld ", (long long)leaf->tag);
	print_slice(to, "leaf", leaf->pointer);
	return RC_OK;
}

static enum rc
print_blame(struct work *work, const char *first, const char *second,
    struct err *err)
{
	struct blame *blame = NULL;
	enum rc rc;

	rc = blame_new(&blame, err);
	if (rc == RC_OK)
		rc = blame_next(blame, slice_of(first), 1, err);
	if (rc == RC_OK)
		rc = blame_next(blame, slice_of(second), 2, err);
	if (rc == RC_OK)
		rc = blame_each(blame, print_leaf, work, err);
	blame_free(blame);
	return rc;
}

static enum rc
run_json(struct work *work, struct err *err)
{
	static const char first[] = "{\"a\": [1, {\"k\": 1, \"l\": 2}, 3, 4], "
	    "\"b\": \"x\\u00e9\", \"c\": {\"d\": null}}";
	static const char second[] = "{\"a\": [0, 1, {\"k\": 1, \"l\": 3}, 4, "
	    "[5]], \"c\": {\"d\": null, \"e\": true}}";
	struct json *a = NULL, *b = NULL;
	struct diff *diff = NULL;
	struct buf patch;
	enum rc rc;

	buf_init(&patch, 0);
	rc = json_parse(&a, slice_of(first), err);
	if (rc == RC_OK)
		rc = json_parse(&b, slice_of(second), err);
	if (rc == RC_OK)
		rc = diff_new(&diff, a, b, err);
	if (rc == RC_OK) {
		patch_write(&patch, diff);
		if (buf_ok(&patch))
			print_slice(work, "patch", buf_slice(&patch));
		else
			rc = err_set(err, RC_MEMORY, "patch: no memory");
	}
	if (rc == RC_OK)
		rc = print_blame(work, first, second, err);
	diff_free(diff);
	json_free(b);
	json_free(a);
	buf_clear(&patch);
	return rc;
}

static const struct step reading_steps[] = {
	{ .name = "projections are compared with the record",
	    .state = STATE_WAL, .run = run_check },
	{ .name = "findings, states and the past are read",
	    .state = STATE_WAL, .run = run_read },
	{ .name = "the configuration is read",
	    .state = STATE_NONE, .before = make_conf, .run = run_conf },
	{ .name = "requests are verified, appended and answered",
	    .state = STATE_WAL, .open = OPEN_RESIDENT, .resident = true,
	    .before = make_visits, .after = free_visits,
	    .run = run_receive },
	{ .name = "why a signature does not fit is found",
	    .state = STATE_NONE, .before = make_visits,
	    .after = free_visits, .run = run_explain },
	{ .name = "JSON is read and compared",
	    .state = STATE_NONE, .run = run_json },
};

const struct step *
steps_of_reading(size_t *n)
{
	*n = sizeof(reading_steps) / sizeof(reading_steps[0]);
	return reading_steps;
}
