#include "cli/audit_words.h"

#include "base/clock.h"
#include "cli/words.h"

static const struct {
	const char *one, *others;
} severity_words[N_SEVERITIES] = {
	[SEVERITY_ERROR] = { "error", "errors" },
	[SEVERITY_WARNING] = { "warning", "warnings" },
	[SEVERITY_NOTICE] = { "notice", "notices" },
	[SEVERITY_INFO] = { "info", "infos" },
};

/* "3 errors, 1 warning, 2 pending"; nothing if there is none of them. */
static void
add_counts(struct buf *out, const struct findings_count *count)
{
	const char *comma = "";

	for (int i = 0; i < N_SEVERITIES; i++) {
		if (count->of[i] == 0)
			continue;
		buf_add_text(out, comma);
		words_count(out, count->of[i], severity_words[i].one,
		    severity_words[i].others);
		comma = ", ";
	}
	if (count->pending == 0)
		return;
	buf_add_text(out, comma);
	words_number(out, count->pending);
	buf_add_text(out, " pending");
}

/* "12,345 deliveries in 42 streams". */
static void
add_ground(struct buf *out, const struct findings_ground *ground)
{
	words_count(out, ground->deliveries, "delivery", "deliveries");
	buf_add_text(out, " in ");
	words_count(out, ground->streams, "stream", "streams");
}

static void
add_last(struct buf *out, const struct audit_result *result)
{
	const struct findings_ground *ground = &result->ground;

	if (ground->last_us == 0)
		return;
	buf_add_text(out, ", the last ");
	words_ago(out, ground->last_us, result->query.now_us);
}

static void
add_rejects(struct buf *out, const struct findings_ground *ground)
{
	char first[CLOCK_TEXT_SIZE];

	if (ground->rejects == 0)
		return;
	buf_add_text(out, "; ");
	words_count(out, ground->rejects, "reject", "rejects");
	if (ground->reject_first_us > 0) {
		clock_text(ground->reject_first_us, first);
		buf_printf(out, ", kept since %s", first);
	}
}

/* What of the journal was looked at, when not all of it. */
static void
add_scope(struct buf *out, const struct findings_query *query)
{
	char since[CLOCK_TEXT_SIZE];

	if (query->service != NULL && *query->service == '\0')
		buf_add_text(out, " without a service");
	else if (query->service != NULL)
		buf_printf(out, " of service %s", query->service);
	if (query->has_since) {
		clock_text(query->since_us, since);
		buf_printf(out, " since %s", since);
	}
}

static void
add_clean(struct buf *out, const struct audit_result *result)
{
	const struct findings_query *query = &result->query;
	const struct findings_count *count = &result->count;

	buf_add_text(out, "clean");
	add_scope(out, query);
	buf_add_text(out, ": ");
	add_ground(out, &result->ground);
	add_last(out, result);
	/* What was not looked at may be missing. */
	if (count->pending == 0 && query->service == NULL &&
	    !query->has_since)
		buf_add_text(out, "; nothing missing");
	if (count->pending + count->of[SEVERITY_INFO] > 0) {
		buf_add_text(out, "; ");
		add_counts(out, count);
	}
}

void
audit_words(struct buf *out, const struct audit_result *result)
{
	if (findings_bad(&result->count)) {
		add_counts(out, &result->count);
		add_scope(out, &result->query);
		buf_add_text(out, "; ");
		add_ground(out, &result->ground);
		add_last(out, result);
	} else {
		add_clean(out, result);
	}
	add_rejects(out, &result->ground);
}

void
audit_perfdata(struct buf *out, const struct audit_result *result)
{
	const struct findings_count *count = &result->count;
	const int64_t last_us = result->ground.last_us;
	const int64_t age_us = result->query.now_us - last_us;

	/* It warns, or is critical, above 0. */
	buf_printf(out, "errors=%lld;;0;0 warnings=%lld;0;;0 "
	    "notices=%lld;0;;0 infos=%lld;;;0 pending=%lld;;;0 "
	    "open_gaps=%lld;;;0 ", (long long)count->of[SEVERITY_ERROR],
	    (long long)count->of[SEVERITY_WARNING],
	    (long long)count->of[SEVERITY_NOTICE],
	    (long long)count->of[SEVERITY_INFO], (long long)count->pending,
	    (long long)(count->gaps + count->pending));
	if (last_us > 0)
		buf_printf(out, "last_delivery_age=%llds;;;0 ",
		    (long long)(age_us < 0 ? 0 : age_us / 1000000));
	else
		buf_add_text(out, "last_delivery_age=U;;;0 ");
	/* c: a counter. */
	buf_printf(out, "rejects=%lldc;;;0",
	    (long long)result->ground.rejects);
}
