/*
 * ledger -- the rules of continuity (docs/design.md section 2, Verdicts and
 * Gaps).
 *
 * Pure: the state of one stream, what is known of one number, and that number
 * go in; a verdict, the stream's new state and the changes to its missing
 * intervals come out. No SQL, no clock, no allocation, so that every arrival
 * order can be tried.
 *
 * What must hold, for a contiguous stream with observed numbers O, smallest
 * f, largest h, and C the largest number of a creation (documents only):
 *   open numbers  = { n not in O : f < n < h, and n > C if there is one }
 *                   and, on a list or map whose creation is journaled,
 *                   { n : 1 <= n < f }
 *   unobserved    = { n : 0 <= n < f } less those that are open; empty when
 *                   there is a C
 * whatever the order of arrival; operators' explanations are kept aside. On
 * lists and maps the number 0 is always an interval of its own. There are no
 * missing intervals on a monotonic stream.
 */
#ifndef JOURNAL_LEDGER_H
#define JOURNAL_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twilio/event.h"

/* Stored in the journal: append, never renumber. */
enum verdict {
	VERDICT_NONE = 0,	/* no stream: unknown type, or no key */
	VERDICT_BASELINE = 1,
	VERDICT_IN_ORDER = 2,
	VERDICT_AHEAD = 3,
	VERDICT_LATE = 4,
	VERDICT_DUPLICATE = 5,
	VERDICT_CONFLICT = 6,
	VERDICT_LIFECYCLE = 7,
	VERDICT_UNSEQUENCED = 8,
	N_VERDICTS
};

/* Stored as well. */
enum gap_state {
	GAP_UNOBSERVED = 1,
	GAP_OPEN = 2,
	GAP_FILLED = 3,
	GAP_EXPLAINED = 4,
	GAP_LOST = 5,
	N_GAP_STATES
};

/* What is known of the number that arrived, on this stream, from deliveries
 * of any verdict. The role of a document_removed is another than that of all
 * other events: a removal may carry the number of the last update. On lists,
 * maps and identities each event has a number of its own, and one role. */
enum ledger_seen {
	LEDGER_UNSEEN,		/* never observed */
	LEDGER_OTHER_ROLE,	/* only in the other role */
	LEDGER_OTHER_CONTENT,	/* in this role, never with this content */
	LEDGER_SAME_CONTENT,	/* in this role with this very content */
	N_LEDGER_SEEN
};

struct ledger_stream {
	enum stream_kind kind;	/* not STREAM_NONE */
	bool has_head;		/* false: no number was observed yet, and
				 * first, head, observed are 0 */
	int64_t first;		/* smallest observed */
	int64_t head;		/* largest observed */
	int64_t observed;	/* how many distinct numbers */
	bool created;		/* the creation is journaled */
	int64_t created_seq;	/* documents: the largest number of a
				 * creation; else 0 */
};

/* A missing interval (of any state but GAP_FILLED). */
struct ledger_gap {
	int64_t first, last;	/* first <= last, both missing */
	enum gap_state state;
};

enum ledger_op {
	/* The interval around s becomes first .. last, state kept. */
	LEDGER_RESIZE,
	/* The interval around s, already reduced to s alone, is filled by this
	 * delivery (its record is kept). */
	LEDGER_FILL,
	/* The same, but nothing remains of it: it was never a gap. */
	LEDGER_REMOVE,
	/* A new interval first .. last of this state, dated by this
	 * delivery. */
	LEDGER_ADD,
	/* A piece first .. last split off the interval around s: state, date
	 * and reason as that one's. */
	LEDGER_SPLIT,
	/* As LEDGER_SPLIT, but filled by this delivery. */
	LEDGER_SPLIT_FILLED,
	/* All unobserved intervals from first on become open, dated by this
	 * delivery. */
	LEDGER_OPEN_UNOBSERVED,
	/* Nothing is missing below first any more: all intervals below it are
	 * removed (none reaches across: first is observed). */
	LEDGER_CLEAR_BELOW,
	N_LEDGER_OPS
};

struct ledger_change {
	enum ledger_op op;
	int64_t first, last;	/* as the op says; else 0 */
	enum gap_state state;	/* of LEDGER_ADD; else 0 */
};

#define LEDGER_CHANGES_MAX 6

struct ledger_result {
	enum verdict verdict;
	int64_t behind;		/* head - s at arrival; 0 when not behind */
	struct ledger_stream stream;	/* the new state */
	struct ledger_change changes[LEDGER_CHANGES_MAX];	/* in order */
	size_t n_changes;
};

/*
 * ledger_judge -- judge one numbered event.
 *
 * stream   the stream before it
 * around   the missing interval that holds s, or NULL
 * s        its number, >= 0
 * life     its effect: LIFE_CREATED and LIFE_REMOVED matter on documents
 * seen     what is known of s
 */
void ledger_judge(const struct ledger_stream *stream,
    const struct ledger_gap *around, int64_t s, enum life life,
    enum ledger_seen seen, struct ledger_result *result);

/*
 * ledger_lifecycle -- judge the creation or removal of a list or map, which
 * carry no number.
 *
 * seen     of events of the same type on this stream: LEDGER_UNSEEN,
 *          LEDGER_OTHER_CONTENT or LEDGER_SAME_CONTENT
 */
void ledger_lifecycle(const struct ledger_stream *stream, enum life life,
    enum ledger_seen seen, struct ledger_result *result);

/* ledger_unsequenced -- judge an event that should have a usable number and
 * has none: the stream stays as it is. */
void ledger_unsequenced(const struct ledger_stream *stream,
    struct ledger_result *result);

/* verdict_name -- "baseline", "in_order", ...; NULL for VERDICT_NONE. */
const char *verdict_name(enum verdict verdict);

/* gap_state_name -- "unobserved", "open", ...; NULL for 0. */
const char *gap_state_name(enum gap_state state);

#endif
