/*
 * audit_groups -- findings as a person reads them: those of a kind together,
 * with what to do about them.
 */
#ifndef CLI_AUDIT_GROUPS_H
#define CLI_AUDIT_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/findings.h"
#include "base/buf.h"
#include "base/err.h"
#include "cli/audit_words.h"
#include "cli/output.h"

struct audit_groups {
	struct output *output;	/* borrowed */
	/* The group that is being made. */
	enum severity severity;
	struct buf kind;	/* empty: none yet */
	struct buf rows;	/* its first findings, in lines */
	struct buf advice;	/* on the first of them */
	const char *meaning;
	int64_t n;		/* its findings */
	/* What is being written. */
	struct buf line, plain;
	bool is_out_of_memory;
};

/* audit_groups_init -- no finding yet; what is printed goes into an output
 * without columns. */
void audit_groups_init(struct audit_groups *groups, struct output *output);
void audit_groups_clear(struct audit_groups *groups);

/*
 * audit_groups_add -- the next finding, in the order of findings_next. On a
 * terminal its line is cut, and so is the head of its group; an advice is not,
 * since it holds commands.
 */
void audit_groups_add(struct audit_groups *groups,
    const struct finding *finding);

/*
 * audit_groups_end -- the last group, and what the audit came to. The output is
 * to be finished then.
 *
 * RC_MEMORY  something could not be added
 */
enum rc audit_groups_end(struct audit_groups *groups,
    const struct audit_result *result, struct err *err);

#endif
