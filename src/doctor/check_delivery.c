#include "doctor/doctor_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "doctor/curl.h"
#include "doctor/delivery.h"
#include "doctor/answers.h"
#include "twilio/url.h"

/* A delivery is committed before it is answered; a reject is written when
 * nobody waits. */
#define LOOK_US 2000000
#define LOOK_EVERY_US 20000
/* Twilio may have to wait for several retries within its 15 s. */
#define SLOW_US 5000000
/* What a time server leaves is less; the header counts whole seconds. */
#define CLOCK_OFF_US INT64_C(30000000)

struct trial {
	struct doctor *doctor;
	const char *url;	/* where it goes */
	const char *signed_url;	/* what is signed */
	char host[256];		/* its Host, where it is another; "" */
	char account[64];
	struct slice secret;
	bool small;		/* the small one arrived */
	bool clock_told;
	int64_t position, reject;	/* the last before this one */
};

/* ------------------------------------------------------------------------
 * In the journal
 */

/* The number in the first column; 0: no row. */
static int64_t
ask(struct db *db, enum statement statement, int64_t after,
    const char *signature, char *text, size_t size)
{
	int64_t number = 0;
	struct slice value;
	bool row;

	if (signature != NULL) {
		db_bind_int(db, statement, 1, after);
		db_bind_text(db, statement, 2, slice_of(signature));
	}
	if (db_row(db, statement, &row, NULL) != RC_OK || !row)
		return 0;
	number = db_int(db, statement, 0);
	if (text != NULL) {
		value = db_bytes(db, statement, 1);
		(void)snprintf(text, size, "%.*s", (int)value.len,
		    value.p == NULL ? "" : value.p);
	}
	db_done(db, statement);
	return number;
}

static void
look_before(struct trial *trial)
{
	struct db *const db = trial->doctor->db;

	trial->position = db == NULL ? 0 : ask(db, STATEMENT_DOCTOR_NEWEST, 0,
	    NULL, NULL, 0);
	trial->reject = db == NULL ? 0 : ask(db,
	    STATEMENT_DOCTOR_NEWEST_REJECT, 0, NULL, NULL, 0);
}

/* Whether it is there, waiting for it for a while. */
static int64_t
find(const struct trial *trial, enum statement statement, int64_t after,
    const char *signature, char *text, size_t size)
{
	const int64_t end_us = clock_mono_us() + LOOK_US;
	int64_t number;

	for (;;) {
		number = ask(trial->doctor->db, statement, after, signature,
		    text, size);
		if (number != 0 || clock_mono_us() >= end_us)
			return number;
		(void)usleep(LOOK_EVERY_US);
	}
}

/* ------------------------------------------------------------------------ */

/* The clock of whoever sees from outside. */
static void
check_date(struct trial *trial, const struct curl_answer *answer)
{
	const struct slice date = curl_header(answer, "Date");
	int64_t date_us, off_us;

	if (trial->clock_told || date.p == NULL ||
	    !clock_parse(date, &date_us))
		return;
	trial->clock_told = true;
	off_us = clock_now_us() - date_us;
	if (off_us < CLOCK_OFF_US && off_us > -CLOCK_OFF_US)
		return;
	report_add(trial->doctor->report, REPORT_WARNING, "clock",
	    "it is %lld s %s that of the web server's answer",
	    (long long)((off_us < 0 ? -off_us : off_us) / 1000000),
	    off_us < 0 ? "behind" : "before");
	report_mend(trial->doctor->report, "Let a time server keep both "
	    "clocks.");
}

static void
tell_arrived(struct trial *trial, enum delivery_kind kind,
    const struct test_delivery *test, const struct curl_answer *answer)
{
	struct report *const report = trial->doctor->report;
	const char *const name = delivery_name(kind);
	const long long ms = (long long)(answer->took_us / 1000);
	const bool slow = answer->took_us > SLOW_US;
	int64_t position = 0;

	if (trial->doctor->db != NULL)
		position = find(trial, STATEMENT_DOCTOR_ARRIVED,
		    trial->position, test->signature, NULL, 0);
	if (kind == DELIVERY_SMALL)
		trial->small = position != 0 || trial->doctor->db == NULL ||
		    trial->doctor->file_only;
	if (trial->doctor->db == NULL || trial->doctor->file_only) {
		report_add(report, REPORT_WARNING, "delivery", "%s: was "
		    "acknowledged after %lld ms; whether it is in the journal "
		    "cannot be seen from here", name, ms);
		report_mend(report, "Run this as the journal's owner.");
	} else if (position == 0) {
		report_add(report, REPORT_FAILURE, "delivery", "%s: was "
		    "acknowledged, but is not in this journal: a responder "
		    "with another journal answered", name);
		report_mend(report, "Let the responder have this "
		    "configuration; see with which it was started.");
	} else {
		report_add(report, slow ? REPORT_WARNING : REPORT_OK,
		    "delivery", "%s: is in the journal, at position %lld, "
		    "acknowledged after %lld ms", name, (long long)position,
		    ms);
		if (slow)
			report_mend(report, "See whether the disk or the way "
			    "there is slow: Twilio gives up after 15 s.");
	}
}

static void
tell_refused(struct trial *trial, enum delivery_kind kind,
    const struct test_delivery *test, const struct curl_answer *answer)
{
	struct report *const report = trial->doctor->report;
	const struct explanation explanation = answers_explain(answer, kind,
	    trial->small);
	const char *const name = delivery_name(kind);
	const struct slice to = curl_header(answer, "Location");
	char reason[64] = "";
	int64_t reject = 0;

	if (answers_is_ours(answer) && trial->doctor->db != NULL)
		reject = find(trial, STATEMENT_DOCTOR_REJECT, trial->reject,
		    test->signature, reason, sizeof(reason));
	if (answer->status == 0)
		report_add(report, REPORT_FAILURE, "delivery", "%s: %s (%s)",
		    name, explanation.seen, answer->why);
	else if (to.p != NULL)
		report_add(report, REPORT_FAILURE, "delivery",
		    "%s: answered %d: %s (to %.*s)", name, answer->status,
		    explanation.seen, (int)(to.len < 256 ? to.len : 256),
		    to.p);
	else if (reject != 0)
		report_add(report, REPORT_FAILURE, "delivery",
		    "%s: answered %d: %s (reject %lld, %s)", name,
		    answer->status, explanation.seen, (long long)reject,
		    reason);
	else
		report_add(report, REPORT_FAILURE, "delivery",
		    "%s: answered %d: %s", name, answer->status,
		    explanation.seen);
	report_mend(report, "%s", explanation.mend);
}

/* Nothing of it can be guessed or is like another. */
static bool
make_run(char run[33])
{
	unsigned char bytes[16];
	size_t i;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	for (i = 0; i < sizeof(bytes); i++)
		(void)snprintf(run + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

/* false: no other need be tried. */
static bool
send_one(struct trial *trial, enum delivery_kind kind)
{
	struct report *const report = trial->doctor->report;
	struct curl_request request = { .url = trial->url,
	    .host = trial->host[0] == '\0' ? NULL : trial->host };
	struct curl_answer answer = { .code = -1 };
	struct err why = { .text = "" };
	struct test_delivery test;
	bool go_on = false;
	char run[33] = "";
	enum rc rc;

	rc = delivery_make(&test, kind, trial->signed_url, trial->account,
	    trial->secret, make_run(run) ? run : "", &why);
	request.signature = test.signature;
	request.form = buf_slice(&test.body);
	look_before(trial);
	if (rc == RC_OK)
		rc = curl_post(&request, &answer, &why);
	if (rc != RC_OK) {
		report_add(report, REPORT_WARNING, "delivery", "none was sent: "
		    "%s", why.text);
		report_mend(report, "Install curl, or leave this out with "
		    "--no-deliveries.");
		goto out;
	}
	check_date(trial, &answer);
	if (answer.status == 204 &&
	    curl_header(&answer, "Sync-Journal-Position").p != NULL)
		tell_arrived(trial, kind, &test, &answer);
	else
		tell_refused(trial, kind, &test, &answer);
	/* What keeps the small one off keeps off all. */
	go_on = trial->small;
out:
	curl_clear(&answer);
	delivery_clear(&test);
	return go_on;
}

/* ------------------------------------------------------------------------
 * To where
 */

/* The host of a URL with its port, without user:password. */
static struct slice
host_of(const char *url)
{
	const char *at = strstr(url, "://");
	size_t len, i;

	if (at == NULL)
		return (struct slice){ "", 0 };
	at += 3;
	len = strcspn(at, "/?#");
	for (i = len; i > 0; i--) {
		if (at[i - 1] == '@')
			return (struct slice){ at + i, len - i };
	}
	return (struct slice){ at, len };
}

/* Whether a host, with its port or without, is this name and no longer one. */
static bool
is_host(struct slice host, const char *name)
{
	const size_t len = strlen(name);

	return host.len >= len && strncasecmp(host.p, name, len) == 0 &&
	    (host.len == len || host.p[len] == ':');
}

/* 127.0.0.0/8, as numbers. */
static bool
is_loopback_number(struct slice host)
{
	size_t i;

	for (i = 0; i < host.len && host.p[i] != ':'; i++) {
		if (strchr("0123456789.", host.p[i]) == NULL)
			return false;
	}
	return host.len > 4 && memcmp(host.p, "127.", 4) == 0;
}

static bool
is_loopback(const char *url)
{
	const struct slice host = host_of(url);

	return is_host(host, "localhost") || is_host(host, "[::1]") ||
	    is_loopback_number(host);
}

/*
 * Twilio signs the URL that it calls. Where the URL that was given leads to
 * this machine from inside, it stands for the public one, whose name the web
 * server is to see.
 */
static bool
find_way(struct trial *trial)
{
	const struct conf *const conf = trial->doctor->conf;
	const char *const given = trial->doctor->ask->url;
	const char *const known = conf->n_public_urls == 0 ? NULL :
	    conf->public_urls[0];
	struct slice host;

	trial->url = given != NULL ? given : known;
	trial->signed_url = trial->url;
	if (given != NULL && known != NULL && is_loopback(given) &&
	    !is_loopback(known)) {
		trial->signed_url = known;
		host = host_of(known);
		(void)snprintf(trial->host, sizeof(trial->host), "%.*s",
		    (int)host.len, host.p);
	}
	return trial->url != NULL;
}

static void
find_account(struct trial *trial)
{
	const struct conf_account *const account =
	    &trial->doctor->conf->accounts[0];

	trial->secret = (struct slice){ account->tokens[0].secret,
	    account->tokens[0].len };
	if (strcmp(account->sid, "*") == 0)
		(void)snprintf(trial->account, sizeof(trial->account),
		    "AC%032d", 0);
	else
		(void)snprintf(trial->account, sizeof(trial->account), "%s",
		    account->sid);
}

void
check_delivery(struct doctor *doctor)
{
	struct trial trial = { .doctor = doctor };
	enum delivery_kind kind;
	struct slice url;
	char *copy;

	if (!doctor->ask->deliver) {
		report_add(doctor->report, REPORT_OK, "delivery", "none was "
		    "sent: --no-deliveries");
		return;
	}
	if (doctor->conf == NULL || doctor->conf->n_accounts == 0) {
		report_add(doctor->report, REPORT_WARNING, "delivery", "none "
		    "was sent: that needs the configuration's token");
		report_mend(doctor->report, "Name the configuration with "
		    "--config, or leave this out with --no-deliveries.");
		return;
	}
	if (!find_way(&trial)) {
		report_add(doctor->report, REPORT_WARNING, "delivery", "none "
		    "was sent: there is no public_url");
		report_mend(doctor->report, "Name the URL with --url.");
		return;
	}
	url = url_without_fragment(slice_of(trial.url));
	copy = strndup(url.p, url.len);
	if (copy == NULL) {
		doctor->report->is_out_of_memory = true;
		return;
	}
	trial.url = copy;
	find_account(&trial);
	for (kind = 0; kind < N_DELIVERY_KINDS; kind++) {
		if (!send_one(&trial, kind))
			break;
	}
	free(copy);
}
