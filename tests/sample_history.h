/*
 * sample_history -- the events that tests/sample writes: a table to read.
 */
#ifndef TESTS_SAMPLE_HISTORY_H
#define TESTS_SAMPLE_HISTORY_H

#include <stddef.h>

/* All times are of this day, UTC. */
#define SAMPLE_DAY "2026-03-01"

/* What events are about. */
struct thing {
	const char *type;	/* begins EventType: "document", "map", .. */
	const char *word;	/* begins its parameters: "Document", "Map", ..;
				 * NULL: an identity's reachability */
	const char *service_sid;
	const char *sid;
	const char *unique_name;	/* NULL: none */
};

/* Who did it. */
struct person {
	const char *identity;
	const char *endpoint_id;	/* NULL: written through REST */
};

/* One delivery; about NULL: who closes gap number, because of data. */
struct row {
	int position;		/* that the journal must give it */
	const char *at;		/* receipt */
	const char *created;	/* DateCreated, of this day if it begins with a
				 * digit, else as it is; NULL: some 100 to 300
				 * ms before receipt */
	const char *verdict;	/* that it must get; NULL: none */
	const struct thing *about;
	const char *what;	/* ends EventType: "created", "item_added" */
	const char *number;	/* on its stream; of what has none there, the
				 * collection's revision */
	const char *item;	/* ItemKey or ItemIndex, or an endpoint */
	const struct person *who;
	const char *data;	/* ' stands for "; @ and a word: see
				 * make_data() in sample.c. Of reachability:
				 * IsIdentityOnline */
};

extern const struct row sample_history[];
extern const size_t sample_n_rows;

#endif
