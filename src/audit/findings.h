/*
 * findings -- what an audit reports: the rows of the view findings, what each
 * kind of them means, and what is to be done about it.
 */
#ifndef AUDIT_FINDINGS_H
#define AUDIT_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/db.h"

/* The worst first. */
enum severity {
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_NOTICE,
	SEVERITY_INFO,
	N_SEVERITIES
};

const char *severity_name(enum severity severity);

/* severity_of -- the severity of this name; what has another is an error. */
enum severity severity_of(struct slice name);

/* The kinds of docs/design.md section 2, Findings. */
struct finding_kind {
	const char *name;
	const char *meaning;	/* half a sentence, that fits into a line */
	/* Lines to a person; in them stand GAP_ID, NAME, POSITION, SERVICE for
	 * what finding_advice puts there. */
	const char *advice;
};

/* finding_kind_at -- the kinds one by one, from 0; NULL behind the last. */
const struct finding_kind *finding_kind_at(size_t i);

/* A younger gap is pending. Twilio tries a delivery again for at most 15 s after
 * its first try (docs/twilio.md section 4, tt); four times that leaves room for
 * clocks that differ and for a web server that is slow to take it. */
#define FINDINGS_GRACE_S 60

struct findings_query {
	int64_t now_us;
	int64_t grace_s;
	bool has_since;
	int64_t since_us;	/* only what was received or done then or later,
				 * and what has no time */
	const char *service;	/* a ServiceSid; "": what names none; NULL:
				 * any. A finding on the journal is of each */
};

struct finding {
	enum severity severity;
	struct slice kind_name;
	const struct finding_kind *kind;	/* NULL: not known here */
	/* As the view has them; p NULL for NULL. */
	struct slice service_sid, stream_kind, stream_key, detail;
	int64_t at_us;		/* receipt of position, or time of the action;
				 * 0: none */
	int64_t position;	/* 0: none */
	int64_t gap_id;		/* of an open_gap; else 0 */
};

/* What a reading of findings came to. */
struct findings_count {
	int64_t of[N_SEVERITIES];
	int64_t gaps;		/* open_gap of these */
	int64_t pending;	/* gaps younger than the grace period, which
				 * are no findings yet */
};

/*
 * findings_begin -- ask for the findings, the worst first, those of a kind
 * together, the newest of them first.
 *
 * query  borrowed until the last row
 *
 * RC_USAGE  nothing was ever delivered of that service
 */
enum rc findings_begin(struct db *db, const struct findings_query *query,
    struct err *err);

/*
 * findings_next -- the next finding.
 *
 * *count    counts on; begun with zeros
 * *finding  its slices are valid until the next call
 * *row      set on RC_OK: whether there is one
 */
enum rc findings_next(struct db *db, struct findings_count *count,
    struct finding *finding, bool *row, struct err *err);

/* findings_bad -- whether something is to be looked at: all but SEVERITY_INFO
 * is, since what cannot be known is no fault. */
bool findings_bad(const struct findings_count *count);

/* finding_advice -- append what to do about a finding, in whole lines, each
 * begun with these words. */
void finding_advice(struct buf *out, const struct finding *finding,
    const char *begin);

/* How much was looked at. */
struct findings_ground {
	int64_t deliveries;	/* with a service: those of a stream */
	int64_t streams;
	int64_t last_us;	/* the latest receipt; 0: none */
	int64_t rejects;	/* in all, of any service */
	int64_t reject_first_us;	/* of the oldest that is kept; 0: none */
};

/* findings_ground -- read it; *ground is set only on RC_OK. */
enum rc findings_ground(struct db *db, const char *service,
    struct findings_ground *ground, struct err *err);

#endif
