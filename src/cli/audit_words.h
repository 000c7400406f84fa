/*
 * audit_words -- what an audit came to, in one line.
 */
#ifndef CLI_AUDIT_WORDS_H
#define CLI_AUDIT_WORDS_H

#include "audit/findings.h"
#include "base/buf.h"

struct audit_result {
	struct findings_query query;
	struct findings_count count;
	struct findings_ground ground;
};

/*
 * audit_words -- append, without a line's end, such as
 *
 *     3 errors, 2 pending; 12,345 deliveries in 42 streams, the last 4 minutes ago
 *     clean: 12,345 deliveries in 42 streams, the last just now; nothing missing
 *
 * The name of a service in it is as it was typed: any bytes.
 */
void audit_words(struct buf *out, const struct audit_result *result);

/* audit_perfdata -- append the same in numbers, for a monitoring system: an
 * item is 'label'=value[unit];[warn];[crit];[min];[max]. */
void audit_perfdata(struct buf *out, const struct audit_result *result);

#endif
