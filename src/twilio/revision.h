/*
 * revision -- in which base a service writes its revisions, and how that is
 * known (docs/design.md section 2, Revision base; docs/twilio.md section 3).
 */
#ifndef TWILIO_REVISION_H
#define TWILIO_REVISION_H

#include <stdint.h>

#include "twilio/event.h"

/* What one event says of its service's base. Stored in the journal: append,
 * never renumber. */
enum base_evidence {
	EVIDENCE_NONE = 0,
	EVIDENCE_LETTER = 1,	/* a revision is hexadecimal, not decimal */
	EVIDENCE_HEX = 2,	/* ItemRevision is the EventId, only if hex */
	EVIDENCE_DECIMAL = 3,	/* the same, only if decimal */
	EVIDENCE_NEITHER = 4,	/* a counter of its own: speaks against both */
	N_BASE_EVIDENCE
};

/* Distinct EventIds of EVIDENCE_HEX or EVIDENCE_DECIMAL that it takes to know;
 * all are of 10 or more, since a single digit is the same in both bases. */
#define REVISION_IDS_ENOUGH 3

/* Why a base is taken. Stored as well. */
enum base_reason {
	BASE_ASSUMED = 1,	/* nothing is known: decimal */
	BASE_CONFIGURED = 2,
	BASE_BY_LETTER = 3,
	BASE_BY_EVENT_IDS = 4,
	N_BASE_REASONS
};

struct revision_base {
	int base;		/* 10 or 16 */
	enum base_reason reason;
};

/* revision_evidence -- what an event says; it depends on the event's texts
 * alone, not on the base that it was read in. */
enum base_evidence revision_evidence(const struct event *event);

/*
 * revision_decide -- the base by evidence.
 *
 * n  by kind: how many events, or distinct EventIds (EVIDENCE_HEX,
 *    EVIDENCE_DECIMAL), said so; more than REVISION_IDS_ENOUGH need not be
 *    counted
 */
struct revision_base revision_decide(const int n[N_BASE_EVIDENCE]);

/* base_evidence_name, base_reason_name -- "letter", ...; NULL for 0. */
const char *base_evidence_name(enum base_evidence evidence);
const char *base_reason_name(enum base_reason reason);

#endif
