/* What the journal knows of the past: in every order of arrival, and never more
 * than it can know. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/collection.h"
#include "audit/past.h"
#include "base/clock.h"
#include "journal/reader.h"
#include "support.h"

#define SERVICE "IS" "00112233445566778899aabbccddeeff"
#define ACCOUNT "AC" "0123456789abcdef0123456789abcdef"
#define DOCUMENT "ET" "00000000000000000000000000000001"
#define MAP "MP" "00000000000000000000000000000001"
#define LIST "ES" "00000000000000000000000000000001"

/* More than any test writes. */
#define PENDING 24

/* A journal that is written to, then read. */
struct bench {
	const struct place *place;
	struct journal *journal;
	struct sample *pending[PENDING];	/* not journaled yet */
	size_t n_pending;
	struct db *db;
	struct name_found found;
	struct past_state state;
	struct collection whole;
};

/* One delivery; times are minutes after an hour, NULL: no DateCreated. */
struct row {
	int received;
	int created;		/* -1: without DateCreated */
	const char *what;	/* "created", "item_added", .. */
	int number;		/* -1: none */
	const char *item;
	const char *data;
};

static int64_t
minute_us(int minute)
{
	int64_t us;

	assert_true(clock_parse(slice_of("2026-03-01T09:00:00Z"), &us));
	return us + (int64_t)minute * 60 * 1000000;
}

static void
begin(struct bench *bench, void **state)
{
	*bench = (struct bench){ .place = *state };
	bench->journal = open_journal(bench->place);
}

static void
make_form(char *form, size_t size, const char *kind, const struct row *row)
{
	static const struct {
		const char *kind, *word, *sid;
	} things[] = { { "document", "Document", DOCUMENT },
	    { "map", "Map", MAP }, { "list", "List", LIST } };
	char created[CLOCK_TEXT_SIZE];
	const bool is_item = row->item != NULL;
	size_t i = 0, n;

	while (strcmp(things[i].kind, kind) != 0)
		i++;
	n = (size_t)snprintf(form, size, "EventType=%s_%s&AccountSid=" ACCOUNT
	    "&ServiceSid=" SERVICE "&Identity=bob&EndpointId=TN1&%sSid=%s"
	    "&%sUniqueName=thing", kind, row->what, things[i].word,
	    things[i].sid, things[i].word);
	if (row->created >= 0) {
		clock_text(minute_us(row->created), created);
		created[10] = 'T';
		n += (size_t)snprintf(form + n, size - n, "&DateCreated=%sZ",
		    created);
	}
	if (is_item)
		n += (size_t)snprintf(form + n, size - n, "&EventId=%d&%s=%s",
		    row->number, i == 2 ? "ItemIndex" : "ItemKey", row->item);
	if (row->number >= 0)
		n += (size_t)snprintf(form + n, size - n, "&%sRevision=%d",
		    things[i].word, row->number + is_item);
	if (row->data != NULL)
		n += (size_t)snprintf(form + n, size - n, "&%sData=%s",
		    is_item ? "Item" : things[i].word, row->data);
	assert_true(n < size);
}

/* All of a journal in one commit: a sync takes longer than all else. */
static void
flush(struct bench *bench)
{
	struct delivery *batch[PENDING];
	struct err err;
	size_t i;

	for (i = 0; i < bench->n_pending; i++)
		batch[i] = sample_delivery(bench->pending[i]);
	if (bench->n_pending > 0 && journal_append(bench->journal, batch,
	    bench->n_pending, 1000, &err) != RC_OK)
		fail_msg("%s", err.text);
	for (i = 0; i < bench->n_pending; i++) {
		assert_int_equal(batch[i]->rc, RC_OK);
		sample_free(bench->pending[i]);
	}
	bench->n_pending = 0;
}

static void
put(struct bench *bench, const char *kind, const struct row *row)
{
	char form[1024];

	assert_true(bench->n_pending < PENDING);
	make_form(form, sizeof(form), kind, row);
	bench->pending[bench->n_pending] = sample_new(form);
	sample_delivery(bench->pending[bench->n_pending++])->received_us =
	    minute_us(row->received);
}

#define PUT(bench, kind, ...) \
	put(bench, kind, &(const struct row){ __VA_ARGS__ })

static void
close_gap(struct bench *bench, enum gap_state state)
{
	struct gap_closed closed;
	struct err err;
	const char *id;

	flush(bench);
	id = look(bench->place->path,
	    "SELECT gap_id FROM gaps WHERE state = 'open'");
	if (journal_close_gap(bench->journal, strtoll(id, NULL, 10), state, -1,
	    -1, "ann", "it was off", 1000, &closed, &err) != RC_OK)
		fail_msg("%s", err.text);
}

static void
read_back(struct bench *bench, const char *name)
{
	const char *words[] = { name };
	const struct name_query query = { .words = words, .n_words = 1 };
	struct err err;
	bool file_only;

	flush(bench);
	journal_close(bench->journal);
	bench->journal = NULL;
	if (reader_open(&bench->db, bench->place->path, &file_only, &err) !=
	    RC_OK || name_find(bench->db, &query, &bench->found, &err) !=
	    RC_OK)
		fail_msg("%s", err.text);
}

static void
end(struct bench *bench)
{
	journal_close(bench->journal);
	collection_clear(&bench->whole);
	past_clear(&bench->state);
	name_clear(&bench->found);
	db_close(bench->db);
}

/* What is asked: the state at a minute, -1 now; of the item, NULL: none. */
static const struct past_state *
at(struct bench *bench, int minute, const char *item)
{
	const struct past_about about = { .subject = &bench->found.subject,
	    .item = slice_of(item) };
	const int64_t us = minute_us(minute);
	struct err err;

	past_clear(&bench->state);
	if (past_at(bench->db, &about, minute < 0 ? NULL : &us, &bench->state,
	    &err) != RC_OK)
		fail_msg("%s", err.text);
	return &bench->state;
}

static const struct past_state *
rev(struct bench *bench, int64_t number, const char *item)
{
	const struct past_about about = { .subject = &bench->found.subject,
	    .item = slice_of(item) };
	struct err err;

	past_clear(&bench->state);
	if (past_rev(bench->db, &about, number, &bench->state, &err) != RC_OK)
		fail_msg("%s", err.text);
	return &bench->state;
}

static void
check(const struct past_state *state, enum past_answer answer,
    int64_t number, const char *why)
{
	if (state->answer != answer)
		fail_msg("answer %d, not %d: %s", state->answer, answer,
		    state->why.data == NULL ? "" : state->why.data);
	if (number >= 0) {
		assert_true(state->version.position > 0);
		assert_int_equal(state->version.number, number);
	}
	assert_int_equal(state->why.len > 0, answer != PAST_KNOWN);
	if (why != NULL && (state->why.data == NULL ||
	    strstr(state->why.data, why) == NULL))
		fail_msg("%s: is not in: %s", why, state->why.data == NULL ?
		    "" : state->why.data);
}

static void
check_note(const struct past_state *state, const char *note)
{
	if (note == NULL)
		assert_int_equal(state->note.len, 0);
	else if (state->note.data == NULL ||
	    strstr(state->note.data, note) == NULL)
		fail_msg("%s: is not in: %s", note, state->note.data == NULL ?
		    "" : state->note.data);
}

/* The items of a whole, as "key=number;.."; NULL: it is not known. */
static const char *
whole_at(struct bench *bench, int minute, enum past_answer answer)
{
	static char text[4096];
	const int64_t us = minute_us(minute);
	struct version version;
	struct buf bytes;
	struct err err;
	bool more = true;
	size_t n = 0;

	collection_clear(&bench->whole);
	if (collection_at(&bench->whole, bench->db, &bench->found.subject,
	    minute < 0 ? NULL : &us, &err) != RC_OK)
		fail_msg("%s", err.text);
	/* In the smallest of slices. */
	while (more && bench->whole.answer != PAST_REMOVED) {
		if (collection_find(&bench->whole, bench->db, 1, &more, &err)
		    != RC_OK)
			fail_msg("%s", err.text);
	}
	if (bench->whole.answer != answer)
		fail_msg("minute %d: answer %d, not %d: %s", minute,
		    bench->whole.answer, answer, bench->whole.why.data == NULL
		    ? "" : bench->whole.why.data);
	text[0] = '\0';
	buf_init(&bytes, 0);
	for (size_t i = 0; i < bench->whole.n_items; i++) {
		if (collection_read(&bench->whole, bench->db, i, &bytes,
		    &version, &err) != RC_OK)
			fail_msg("%s", err.text);
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%.*s=%lld;", (int)version.item.len, version.item.p,
		    (long long)version.number);
		assert_true(n < sizeof(text));
	}
	buf_clear(&bytes);
	return text;
}

/* --------------------------------------------------------------------------
 * Documents
 */

static void
a_document_is_what_its_largest_number_by_then_says(void **state)
{
	/* Every order of arrival of four. */
	static const struct row rows[] = {
		{ 50, 10, "created", 0, NULL, "0" },
		{ 50, 20, "updated", 1, NULL, "1" },
		{ 50, 30, "updated", 2, NULL, "2" },
		{ 50, 40, "updated", 3, NULL, "3" },
	};
	struct bench bench;
	struct place *place = *state;
	int order, i, used;
	char path[sizeof(place->path)];

	memcpy(path, place->path, sizeof(path));
	for (order = 0; order < 256; order++) {
		for (used = 0, i = 0; i < 4; i++)
			used |= 1 << (order >> 2 * i & 3);
		if (used != 15)
			continue;
		(void)snprintf(place->path, sizeof(place->path), "%s/%d.db",
		    place->directory, order);
		begin(&bench, state);
		for (i = 0; i < 4; i++)
			put(&bench, "document", &rows[order >> 2 * i & 3]);
		read_back(&bench, "thing");
		check(at(&bench, 9, NULL), PAST_NOT_YET, -1, "was created");
		for (i = 10; i < 50; i++)
			check(at(&bench, i, NULL), PAST_KNOWN, i / 10 - 1,
			    NULL);
		check(at(&bench, -1, NULL), PAST_KNOWN, 3, NULL);
		check(at(&bench, 1000, NULL), PAST_KNOWN, 3, NULL);
		end(&bench);
	}
	memcpy(place->path, path, sizeof(path));
}

static void
a_gap_above_the_moment_makes_it_unknown(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 20, 20, "updated", 1, NULL, "1");
	PUT(&bench, "document", 40, 40, "updated", 4, NULL, "4");
	PUT(&bench, "document", 50, 50, "updated", 5, NULL, "5");
	read_back(&bench, "thing");
	check(at(&bench, 19, NULL), PAST_KNOWN, 0, NULL);
	check(at(&bench, 20, NULL), PAST_UNKNOWN, 1, "revisions 2 to 3 are "
	    "missing since 2026-03-01 09:40:00.000; written between "
	    "2026-03-01 09:20:00.000 and 2026-03-01 09:40:00.000");
	check(at(&bench, 39, NULL), PAST_UNKNOWN, 1, "the last that is known "
	    "before is revision 1");
	/* What is missing below does not matter. */
	check(at(&bench, 40, NULL), PAST_KNOWN, 4, NULL);
	check(at(&bench, -1, NULL), PAST_KNOWN, 5, NULL);
	check(rev(&bench, 2, NULL), PAST_NEVER, -1, "2 to 3 are missing");
	check(rev(&bench, 6, NULL), PAST_NEVER, -1, "the newest is revision 5");
	end(&bench);
}

static void
a_gap_that_was_explained_or_given_up_is_still_missing(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 20, 20, "updated", 2, NULL, "2");
	close_gap(&bench, GAP_EXPLAINED);
	PUT(&bench, "document", 40, 40, "updated", 4, NULL, "4");
	close_gap(&bench, GAP_LOST);
	read_back(&bench, "thing");
	check(at(&bench, 10, NULL), PAST_UNKNOWN, 0, "revision 1 is missing, "
	    "explained by ann at ");
	check(at(&bench, 10, NULL), PAST_UNKNOWN, 0, ": it was off; written "
	    "between");
	check(at(&bench, 20, NULL), PAST_UNKNOWN, 2, "revision 3 is missing, "
	    "given up by ann");
	check(at(&bench, -1, NULL), PAST_KNOWN, 4, NULL);
	end(&bench);
}

static void
a_gap_that_was_filled_late_is_none(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 30, 30, "updated", 2, NULL, "2");
	PUT(&bench, "document", 40, 20, "updated", 1, NULL, "1");
	read_back(&bench, "thing");
	check(at(&bench, 19, NULL), PAST_KNOWN, 0, NULL);
	check(at(&bench, 20, NULL), PAST_KNOWN, 1, NULL);
	check(at(&bench, 35, NULL), PAST_KNOWN, 2, NULL);
	end(&bench);
}

static void
before_the_first_of_all_it_was_not_there_or_is_unknown(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "updated", 7, NULL, "7");
	read_back(&bench, "thing");
	check(at(&bench, 9, NULL), PAST_UNKNOWN, -1, "the journal has it from "
	    "revision 7 of 2026-03-01 09:10:00.000 by bob on");
	check(at(&bench, 10, NULL), PAST_KNOWN, 7, NULL);
	check(rev(&bench, 6, NULL), PAST_NEVER, -1, "revisions 0 to 6 are "
	    "unobserved");
	end(&bench);
}

static void
a_creation_with_a_larger_number_is_a_beginning_too(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 5, NULL, "5");
	PUT(&bench, "document", 20, 20, "updated", 6, NULL, "6");
	read_back(&bench, "thing");
	check(at(&bench, 9, NULL), PAST_NOT_YET, -1, "created as revision 5");
	check(at(&bench, 20, NULL), PAST_KNOWN, 6, NULL);
	end(&bench);
}

static void
order_is_by_number_and_never_by_time(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 50, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 50, 40, "updated", 1, NULL, "1");
	/* Its clock is behind. */
	PUT(&bench, "document", 50, 30, "updated", 2, NULL, "2");
	read_back(&bench, "thing");
	check(at(&bench, 29, NULL), PAST_KNOWN, 0, NULL);
	check(at(&bench, 35, NULL), PAST_KNOWN, 2, NULL);
	check(at(&bench, 45, NULL), PAST_KNOWN, 2, NULL);
	end(&bench);
}

static void
without_date_created_it_is_known_from_its_receipt_on(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 20, -1, "updated", 1, NULL, "1");
	PUT(&bench, "document", 30, 30, "updated", 2, NULL, "2");
	read_back(&bench, "thing");
	check(at(&bench, 19, NULL), PAST_UNKNOWN, 0, "revision 1 came without "
	    "DateCreated, at 2026-03-01 09:20:00.000: it may have been "
	    "written before");
	check(at(&bench, 20, NULL), PAST_KNOWN, 1, NULL);
	check_note(&bench.state, "revision 1 came without DateCreated: it "
	    "counts from its receipt, 2026-03-01 09:20:00.000");
	check(at(&bench, 30, NULL), PAST_KNOWN, 2, NULL);
	check_note(&bench.state, NULL);
	check(at(&bench, -1, NULL), PAST_KNOWN, 2, NULL);
	end(&bench);
}

static void
of_conflicting_contents_the_first_counts_and_the_rest_is_told(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "first");
	PUT(&bench, "document", 11, 9, "created", 0, NULL, "second");
	PUT(&bench, "document", 12, 10, "created", 0, NULL, "first");
	PUT(&bench, "document", 20, 20, "updated", 1, NULL, "1");
	read_back(&bench, "thing");
	check(rev(&bench, 0, NULL), PAST_KNOWN, 0, NULL);
	assert_true(slice_is(bench.state.version.data, "first"));
	check_note(&bench.state, "revision 0 arrived with different contents: "
	    "position 1, the first, counts; it is contradicted by position 2");
	/* The time of the second is not that of the version. */
	check(at(&bench, 9, NULL), PAST_NOT_YET, -1, NULL);
	check(at(&bench, 15, NULL), PAST_KNOWN, 0, NULL);
	check_note(&bench.state, "contradicted by position 2");
	check(at(&bench, 20, NULL), PAST_KNOWN, 1, NULL);
	check_note(&bench.state, NULL);
	end(&bench);
}

static void
after_its_removal_a_document_is_removed(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 20, 20, "updated", 1, NULL, "1");
	PUT(&bench, "document", 30, 30, "removed", 2, NULL, NULL);
	read_back(&bench, "thing");
	check(at(&bench, 29, NULL), PAST_KNOWN, 1, NULL);
	check_note(&bench.state, "revision 2 is of the removal");
	check(at(&bench, 30, NULL), PAST_REMOVED, 1, "was removed: revision 2 "
	    "of 2026-03-01 09:30:00.000 by bob");
	assert_true(slice_is(bench.state.version.data, "1"));
	assert_int_equal(bench.state.removal.number, 2);
	check(at(&bench, -1, NULL), PAST_REMOVED, 1, "the last data that is "
	    "known is revision 1");
	check(rev(&bench, 2, NULL), PAST_REMOVED, 1, "was removed");
	check(rev(&bench, 1, NULL), PAST_KNOWN, 1, NULL);
	end(&bench);
}

static void
a_removal_may_have_the_number_of_the_last_update(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 30, 30, "removed", 1, NULL, NULL);
	PUT(&bench, "document", 40, 20, "updated", 1, NULL, "1");
	read_back(&bench, "thing");
	check(at(&bench, 25, NULL), PAST_KNOWN, 1, NULL);
	check(at(&bench, 35, NULL), PAST_REMOVED, 1, NULL);
	check(rev(&bench, 1, NULL), PAST_KNOWN, 1, NULL);
	end(&bench);
}

static void
an_update_after_its_removal_does_not_bring_it_back(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 20, 20, "removed", 1, NULL, NULL);
	PUT(&bench, "document", 30, 30, "updated", 2, NULL, "2");
	read_back(&bench, "thing");
	check(at(&bench, 15, NULL), PAST_KNOWN, 0, NULL);
	check(at(&bench, 35, NULL), PAST_REMOVED, 0, "was removed: revision 1");
	check(at(&bench, -1, NULL), PAST_REMOVED, 0, NULL);
	end(&bench);
}

static void
a_removal_without_a_number_removes_from_its_time_on(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 20, 20, "removed", -1, NULL, NULL);
	read_back(&bench, "thing");
	check(at(&bench, 19, NULL), PAST_KNOWN, 0, NULL);
	check(at(&bench, 20, NULL), PAST_REMOVED, 0, "position 2");
	end(&bench);
}

static void
of_removals_without_a_number_any_by_then_removes_a_document(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 60, 40, "removed", -1, NULL, NULL);
	PUT(&bench, "document", 70, 30, "removed", -1, NULL, NULL);
	read_back(&bench, "thing");
	check(at(&bench, 29, NULL), PAST_KNOWN, 0, NULL);
	check(at(&bench, 30, NULL), PAST_REMOVED, 0, "position 3 of ");
	check(at(&bench, 40, NULL), PAST_REMOVED, 0, NULL);
	end(&bench);
}

static void
put_revision(struct bench *bench, int minute, const char *sid,
    const char *revision)
{
	char form[512];

	(void)snprintf(form, sizeof(form), "EventType=document_updated"
	    "&AccountSid=" ACCOUNT "&ServiceSid=" SERVICE "&DocumentSid=%s"
	    "&DocumentRevision=%s&DocumentData=%s", sid, revision, revision);
	bench->pending[bench->n_pending] = sample_new(form);
	sample_delivery(bench->pending[bench->n_pending++])->received_us =
	    minute_us(minute);
}

/* 10 turns out to be 16, so that 10 to 15 are missing, but that is not written
 * down yet. */
static void
while_its_numbers_are_of_another_base_a_document_is_unknown(void **state)
{
	struct bench bench;
	struct err err;

	begin(&bench, state);
	put_revision(&bench, 10, DOCUMENT, "9");
	put_revision(&bench, 20, DOCUMENT, "10");
	put_revision(&bench, 30, "ET" "00000000000000000000000000000002", "1f");
	read_back(&bench, DOCUMENT);
	check(at(&bench, 15, NULL), PAST_UNKNOWN, -1, "in another base");
	check(at(&bench, -1, NULL), PAST_UNKNOWN, -1, "syncjournal rebuild");
	check(rev(&bench, 10, NULL), PAST_UNKNOWN, -1, "in another base");
	end(&bench);

	bench = (struct bench){ .place = *state };
	bench.journal = open_journal(bench.place);
	assert_int_equal(journal_ready(bench.journal, 1000, &err), RC_OK);
	while (journal_upkeep_due(bench.journal)) {
		if (journal_upkeep(bench.journal, 1000, &err) != RC_OK)
			fail_msg("%s", err.text);
	}
	read_back(&bench, DOCUMENT);
	check(at(&bench, 15, NULL), PAST_UNKNOWN, 9, "revisions 10 to 15 are "
	    "missing");
	check(at(&bench, -1, NULL), PAST_KNOWN, 16, NULL);
	check(rev(&bench, 10, NULL), PAST_NEVER, -1, "10 to 15 are missing");
	end(&bench);
}

static void
what_is_missing_before_a_removal_is_told_with_it(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 30, 30, "removed", 3, NULL, NULL);
	read_back(&bench, "thing");
	check(at(&bench, 20, NULL), PAST_UNKNOWN, 0, "revisions 1 to 2");
	check(at(&bench, -1, NULL), PAST_REMOVED, 0, "revisions 1 to 2 are "
	    "missing");
	end(&bench);
}

static void
what_has_no_usable_number_at_all_is_not_known(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "updated", -1, NULL, "0");
	read_back(&bench, "thing");
	check(at(&bench, -1, NULL), PAST_UNKNOWN, -1, "usable number");
	check(rev(&bench, 0, NULL), PAST_NEVER, -1, NULL);
	end(&bench);
}

static void
what_has_no_usable_number_may_be_the_newest(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 10, 10, "created", 0, NULL, "0");
	PUT(&bench, "document", 20, 20, "updated", -1, NULL, "none");
	PUT(&bench, "document", 30, 30, "updated", 1, NULL, "1");
	PUT(&bench, "document", 40, 40, "updated", -1, NULL, "none");
	read_back(&bench, "thing");
	check(at(&bench, 15, NULL), PAST_KNOWN, 0, NULL);
	check_note(&bench.state, NULL);
	/* It cannot be between 0 and 1. */
	check(at(&bench, 25, NULL), PAST_KNOWN, 0, NULL);
	check_note(&bench.state, "position 2 of 2026-03-01 09:20:00.000 by "
	    "bob came without a usable number");
	check(at(&bench, 35, NULL), PAST_KNOWN, 1, NULL);
	check(at(&bench, 40, NULL), PAST_UNKNOWN, 1, "position 4 of ");
	check(at(&bench, -1, NULL), PAST_UNKNOWN, 1, "position 4 of ");
	end(&bench);
}

/* --------------------------------------------------------------------------
 * Lists and maps
 */

static void
an_item_is_what_its_own_largest_number_by_then_says(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 5, 5, "created", 0, NULL, NULL);
	PUT(&bench, "map", 10, 10, "item_added", 0, "a", "0");
	PUT(&bench, "map", 20, 20, "item_added", 1, "b", "1");
	PUT(&bench, "map", 30, 30, "item_removed", 2, "a", NULL);
	PUT(&bench, "map", 40, 40, "item_added", 3, "a", "3");
	read_back(&bench, "thing");
	check(at(&bench, 4, "a"), PAST_NOT_YET, -1, "map thing was not there");
	check(at(&bench, 5, "a"), PAST_NOT_YET, -1, "it was added as EventId "
	    "0");
	check(at(&bench, 25, "a"), PAST_KNOWN, 0, NULL);
	check(at(&bench, 30, "a"), PAST_REMOVED, 0, "thing, item a was "
	    "removed: EventId 2");
	check(at(&bench, 40, "a"), PAST_KNOWN, 3, NULL);
	check(at(&bench, 19, "b"), PAST_NOT_YET, -1, NULL);
	check(at(&bench, -1, "c"), PAST_NEVER, -1, "never");
	check(rev(&bench, 1, "a"), PAST_NEVER, -1, "EventId 1 is of item b");
	check(rev(&bench, 2, "a"), PAST_REMOVED, 0, NULL);
	check(rev(&bench, 3, "a"), PAST_KNOWN, 3, NULL);
	assert_string_equal(whole_at(&bench, 4, PAST_NOT_YET), "");
	assert_string_equal(whole_at(&bench, 7, PAST_KNOWN), "");
	assert_string_equal(whole_at(&bench, 25, PAST_KNOWN), "a=0;b=1;");
	assert_string_equal(whole_at(&bench, 35, PAST_KNOWN), "b=1;");
	assert_string_equal(whole_at(&bench, -1, PAST_KNOWN), "a=3;b=1;");
	end(&bench);
}

static void
a_missing_number_may_be_of_any_item_since_its_last(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 10, 10, "item_added", 1, "a", "1");
	PUT(&bench, "map", 20, 20, "item_added", 2, "b", "2");
	PUT(&bench, "map", 40, 40, "item_updated", 4, "a", "4");
	PUT(&bench, "map", 50, 50, "item_added", 5, "c", "5");
	read_back(&bench, "thing");
	/* Before the gap, and from when on it may have been written. */
	check(at(&bench, 15, "a"), PAST_KNOWN, 1, NULL);
	check(at(&bench, 20, "a"), PAST_UNKNOWN, 1, "EventId 3 is missing");
	/* Since then a was written anew, and b was not. */
	check(at(&bench, 40, "a"), PAST_KNOWN, 4, NULL);
	check(at(&bench, 40, "b"), PAST_UNKNOWN, 2, "EventId 3");
	check(at(&bench, -1, "b"), PAST_UNKNOWN, 2, NULL);
	check(at(&bench, -1, "c"), PAST_KNOWN, 5, NULL);
	check(at(&bench, -1, "d"), PAST_UNKNOWN, -1, NULL);
	assert_string_equal(whole_at(&bench, 15, PAST_KNOWN), "a=1;");
	assert_string_equal(whole_at(&bench, 20, PAST_UNKNOWN), "a=1;b=2;");
	assert_string_equal(whole_at(&bench, -1, PAST_UNKNOWN),
	    "a=4;b=2;c=5;");
	/* Nothing is known from before the first. */
	check(at(&bench, 9, "a"), PAST_UNKNOWN, -1, "the journal has it from "
	    "EventId 1");
	(void)whole_at(&bench, 9, PAST_UNKNOWN);
	end(&bench);
}

static void
what_was_before_the_journal_began_is_missing_too(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 10, 10, "item_updated", 7, "a", "7");
	PUT(&bench, "map", 20, 20, "item_updated", 8, "b", "8");
	read_back(&bench, "thing");
	check(at(&bench, 10, "a"), PAST_KNOWN, 7, NULL);
	check(at(&bench, 10, "b"), PAST_UNKNOWN, -1, "EventIds 0 to 6 are "
	    "unobserved");
	check(at(&bench, 20, "b"), PAST_KNOWN, 8, NULL);
	assert_string_equal(whole_at(&bench, -1, PAST_UNKNOWN), "a=7;b=8;");
	end(&bench);
}

static void
a_journaled_creation_says_that_there_was_nothing_before(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 5, 5, "created", 0, NULL, NULL);
	PUT(&bench, "map", 30, 30, "item_updated", 3, "a", "3");
	read_back(&bench, "thing");
	/* 1 and 2 were written since, 0 need not exist. */
	check(at(&bench, 4, "a"), PAST_NOT_YET, -1, NULL);
	check(at(&bench, 5, "a"), PAST_UNKNOWN, -1, "EventIds 1 to 2 are "
	    "missing");
	assert_string_equal(whole_at(&bench, 5, PAST_UNKNOWN), "");
	(void)whole_at(&bench, 4, PAST_NOT_YET);
	check(at(&bench, 30, "a"), PAST_KNOWN, 3, NULL);
	end(&bench);
}

static void
an_item_that_never_was_added_was_there_before(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 10, 10, "item_added", 1, "a", "1");
	PUT(&bench, "map", 20, 20, "item_updated", 2, "b", "2");
	read_back(&bench, "thing");
	/* 0 is no gap by itself, but something did add b. */
	check(at(&bench, 10, "b"), PAST_UNKNOWN, -1, "no addition: EventId 2");
	check(at(&bench, 20, "b"), PAST_KNOWN, 2, NULL);
	assert_string_equal(whole_at(&bench, 10, PAST_UNKNOWN), "a=1;");
	assert_string_equal(whole_at(&bench, 20, PAST_KNOWN), "a=1;b=2;");
	end(&bench);
}

static void
a_removed_list_is_removed_with_its_items(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "list", 5, 5, "created", 0, NULL, NULL);
	PUT(&bench, "list", 10, 10, "item_added", 0, "0", "0");
	PUT(&bench, "list", 30, 30, "removed", 1, NULL, NULL);
	/* A late one does not bring it back. */
	PUT(&bench, "list", 40, 20, "item_added", 1, "1", "1");
	read_back(&bench, "thing");
	assert_string_equal(whole_at(&bench, 29, PAST_KNOWN), "0=0;1=1;");
	(void)whole_at(&bench, 30, PAST_REMOVED);
	(void)whole_at(&bench, -1, PAST_REMOVED);
	check(at(&bench, 29, "1"), PAST_KNOWN, 1, NULL);
	check(at(&bench, 30, "1"), PAST_REMOVED, 1, "list thing was removed");
	check(rev(&bench, 1, "1"), PAST_KNOWN, 1, NULL);
	end(&bench);
}

static void
lists_are_in_the_order_of_numbers_and_maps_in_that_of_keys(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "list", 10, 10, "item_added", 0, "9", "0");
	PUT(&bench, "list", 10, 10, "item_added", 1, "10", "1");
	PUT(&bench, "list", 10, 10, "item_added", 2, "100", "2");
	PUT(&bench, "list", 10, 10, "item_added", 3, "11", "3");
	read_back(&bench, "thing");
	assert_string_equal(whole_at(&bench, -1, PAST_KNOWN),
	    "9=0;10=1;11=3;100=2;");
	end(&bench);
}

static void
an_item_without_a_usable_number_concerns_it_and_the_whole(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 10, 10, "item_added", 0, "a", "0");
	PUT(&bench, "map", 20, 20, "item_added", 1, "b", "1");
	PUT(&bench, "map", 30, 30, "item_updated", -1, "a", "none");
	read_back(&bench, "thing");
	check(at(&bench, -1, "a"), PAST_UNKNOWN, 0, "position 3 of ");
	check(at(&bench, -1, "b"), PAST_KNOWN, 1, NULL);
	check(at(&bench, 25, "a"), PAST_KNOWN, 0, NULL);
	(void)whole_at(&bench, 25, PAST_KNOWN);
	(void)whole_at(&bench, -1, PAST_UNKNOWN);
	end(&bench);
}

static void
put_nameless(struct bench *bench, int minute, int number)
{
	char form[512];

	(void)snprintf(form, sizeof(form), "EventType=map_item_updated"
	    "&AccountSid=" ACCOUNT "&ServiceSid=" SERVICE "&MapSid=" MAP
	    "&MapUniqueName=thing&EventId=%d&ItemData=1", number);
	bench->pending[bench->n_pending] = sample_new(form);
	sample_delivery(bench->pending[bench->n_pending++])->received_us =
	    minute_us(minute);
}

static void
a_number_that_names_no_item_may_be_of_any(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 10, 10, "item_added", 0, "a", "0");
	put_nameless(&bench, 20, 1);
	PUT(&bench, "map", 30, 30, "item_added", 2, "b", "2");
	read_back(&bench, "thing");
	(void)whole_at(&bench, 19, PAST_UNKNOWN);
	check(at(&bench, 19, "a"), PAST_UNKNOWN, 0, "without DateCreated");
	check(at(&bench, 20, "a"), PAST_UNKNOWN, 0, "EventId 1 of ");
	check(at(&bench, -1, "a"), PAST_UNKNOWN, 0, "without an item");
	check(at(&bench, -1, "b"), PAST_KNOWN, 2, NULL);
	assert_string_equal(whole_at(&bench, -1, PAST_UNKNOWN), "a=0;b=2;");
	end(&bench);
}

/* Its creation is all that has a place. */
static void
a_map_of_which_nothing_has_a_usable_number_is_unknown(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 10, 10, "created", 0, NULL, NULL);
	PUT(&bench, "map", 20, 20, "item_added", -1, "a", "none");
	read_back(&bench, "thing");
	assert_string_equal(whole_at(&bench, 19, PAST_KNOWN), "");
	(void)whole_at(&bench, 20, PAST_UNKNOWN);
	check(at(&bench, 19, "a"), PAST_NEVER, -1, NULL);
	check(at(&bench, 20, "a"), PAST_UNKNOWN, -1, "position 2 of ");
	check(at(&bench, 20, "b"), PAST_NEVER, -1, NULL);
	end(&bench);
}

/* --------------------------------------------------------------------------
 * At random, beside a model that looks at all numbers
 */

#define NUMBERS 12
#define MINUTES 40
#define ITEMS 3
#define ROUNDS 60

struct model {
	bool is_map;
	int created;		/* minute; -1: not journaled */
	struct {
		bool seen;
		int minute;	/* its time */
		int item;
		int life;	/* 0 added, 1 updated, 2 removed */
	} number[NUMBERS];
};

/* Numerical Recipes' generator: the same rounds everywhere. */
static int
any(uint32_t *seed, int below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (int)((*seed >> 16) % (uint32_t)below);
}

static void
make_model(struct model *model, uint32_t *seed)
{
	int minute = 5;

	memset(model, 0, sizeof(*model));
	model->is_map = any(seed, 2) == 1;
	model->created = model->is_map && any(seed, 2) == 1 ? 3 : -1;
	for (int i = 0; i < NUMBERS; i++) {
		minute += any(seed, 4);
		model->number[i].seen = any(seed, 4) != 0;
		/* One in four has a clock of its own. */
		model->number[i].minute = any(seed, 4) == 0 ?
		    any(seed, MINUTES) : minute;
		model->number[i].item = any(seed, ITEMS);
		model->number[i].life = any(seed, 3);
	}
	if (!model->is_map)
		model->created = model->number[0].seen ? 0 : -1;
}

/* In an order of arrival of its own. */
static void
write_model(struct bench *bench, const struct model *model, uint32_t *seed)
{
	static const char *const items[ITEMS] = { "a", "b", "c" };
	static const char *const lives[] = { "item_added", "item_updated",
	    "item_removed" };
	int order[NUMBERS], i, j, n;

	for (i = 0; i < NUMBERS; i++) {
		j = any(seed, i + 1);
		order[i] = order[j];
		order[j] = i;
	}
	for (i = 0; i < NUMBERS; i++) {
		n = order[i];
		if (model->is_map && i == NUMBERS / 2 && model->created >= 0)
			PUT(bench, "map", 50, model->created, "created", 0,
			    NULL, NULL);
		if (!model->number[n].seen)
			continue;
		if (model->is_map)
			PUT(bench, "map", 50, model->number[n].minute,
			    lives[model->number[n].life], n,
			    items[model->number[n].item],
			    model->number[n].life == 2 ? NULL : "1");
		else
			PUT(bench, "document", 50, model->number[n].minute,
			    n == 0 ? "created" : "updated", n, NULL, "1");
	}
}

static int
model_cut(const struct model *model, int minute)
{
	int e = -1;

	for (int i = 0; i < NUMBERS; i++) {
		if (model->number[i].seen && model->number[i].minute <= minute)
			e = i;
	}
	return e;
}

/* Whether one from first on may have been written by the moment. */
static bool
model_doubts(const struct model *model, int first, int e)
{
	int next = e + 1, begin = 0;

	while (begin < NUMBERS && !model->number[begin].seen)
		begin++;
	while (next < NUMBERS && !model->number[next].seen)
		next++;
	if (next == NUMBERS)
		next = e + 1;
	for (int i = first; i < next; i++) {
		if (model->number[i].seen || (i == 0 && model->is_map &&
		    (model->created >= 0 || begin == 1)))
			continue;
		return true;
	}
	return false;
}

static void
check_document(struct bench *bench, const struct model *model, int minute)
{
	const int e = model_cut(model, minute);

	if (e < 0)
		check(at(bench, minute, NULL), model->created >= 0 ?
		    PAST_NOT_YET : PAST_UNKNOWN, -1, NULL);
	else
		check(at(bench, minute, NULL), model_doubts(model, e + 1, e) ?
		    PAST_UNKNOWN : PAST_KNOWN, e, NULL);
}

/* The answer for an item, and its number in *last (-1: none). */
static enum past_answer
model_item(const struct model *model, int item, int minute, int *last)
{
	const int e = model_cut(model, minute);
	int first = -1;

	*last = -1;
	for (int i = NUMBERS - 1; i >= 0; i--) {
		if (!model->number[i].seen || model->number[i].item != item)
			continue;
		first = i;
		if (i <= e && *last < 0)
			*last = i;
	}
	if (e < 0 && (model->created < 0 || minute < model->created))
		return model->created < 0 ? PAST_UNKNOWN : PAST_NOT_YET;
	if (model_doubts(model, *last + 1, e))
		return PAST_UNKNOWN;
	if (*last >= 0)
		return model->number[*last].life == 2 ? PAST_REMOVED :
		    PAST_KNOWN;
	if (first < 0)
		return PAST_NEVER;
	return model->number[first].life == 0 ? PAST_NOT_YET : PAST_UNKNOWN;
}

static void
check_map(struct bench *bench, const struct model *model, int minute)
{
	static const char *const items[ITEMS] = { "a", "b", "c" };
	const int e = model_cut(model, minute);
	enum past_answer answer[ITEMS], whole;
	char want[256] = "";
	size_t n = 0;
	int last;

	whole = model_doubts(model, 0, e) ? PAST_UNKNOWN : PAST_KNOWN;
	if (e < 0 && (model->created < 0 || minute < model->created))
		whole = model->created < 0 ? PAST_UNKNOWN : PAST_NOT_YET;
	for (int i = 0; i < ITEMS; i++) {
		answer[i] = model_item(model, i, minute, &last);
		check(at(bench, minute, items[i]), answer[i],
		    answer[i] == PAST_KNOWN ? last : -1, NULL);
		if (last >= 0 && model->number[last].life != 2)
			n += (size_t)snprintf(want + n, sizeof(want) - n,
			    "%s=%d;", items[i], last);
		if (answer[i] == PAST_UNKNOWN)
			whole = PAST_UNKNOWN;
	}
	if (whole == PAST_NOT_YET || e < 0)
		want[0] = '\0';
	assert_string_equal(whole_at(bench, minute, whole), want);
}

static void
at_random_it_never_knows_more_than_it_can(void **state)
{
	struct place *place = *state;
	struct model model;
	struct bench bench;
	uint32_t seed = 1;
	char path[sizeof(place->path)];

	memcpy(path, place->path, sizeof(path));
	for (int round = 0; round < ROUNDS; round++) {
		(void)snprintf(place->path, sizeof(place->path), "%s/%d.db",
		    place->directory, round);
		make_model(&model, &seed);
		begin(&bench, state);
		write_model(&bench, &model, &seed);
		read_back(&bench, "thing");
		for (int minute = 0; minute < MINUTES; minute++) {
			if (model.is_map)
				check_map(&bench, &model, minute);
			else
				check_document(&bench, &model, minute);
		}
		end(&bench);
	}
	memcpy(place->path, path, sizeof(path));
}

/* --------------------------------------------------------------------------
 * Walking
 */

struct steps {
	char text[64][32];
	size_t n;
	struct past_walk again[64];	/* from each step on */
	bool backwards;
	const struct past_about *about;
};

static enum rc
keep_step(void *to, const struct past_step *step, struct err *err)
{
	struct steps *steps = to;
	char *text = steps->text[steps->n];
	const size_t size = sizeof(steps->text[0]);

	(void)err;
	assert_true(steps->n < 64);
	past_walk_from(&steps->again[steps->n], steps->about,
	    steps->backwards, false, step);
	if (step->missing != NULL)
		(void)snprintf(text, size, "%lld-%lld",
		    (long long)step->missing->first,
		    (long long)step->missing->last);
	else if (step->version->has_number)
		(void)snprintf(text, size, "%lld%s%s",
		    (long long)step->version->number,
		    version_is_removal(step->version) ? "r" : "",
		    step->version->is_conflict ? "c" : "");
	else
		(void)snprintf(text, size, "#%lld",
		    (long long)step->version->position);
	steps->n++;
	return RC_OK;
}

static void
go(struct bench *bench, struct past_walk *walk, size_t most,
    struct steps *steps, const struct past_about *about)
{
	struct err err;
	bool more = true;

	steps->n = 0;
	steps->about = about;
	steps->backwards = walk->backwards;
	while (more) {
		if (past_walk_next(bench->db, walk, most, keep_step, steps,
		    &more, &err) != RC_OK)
			fail_msg("%s", err.text);
	}
}

/* Both ways, in slices of any size, and from each step on anew. */
static void
check_walk(struct bench *bench, const char *item, const char *want)
{
	static struct steps steps, rest;
	const struct past_about about = { .subject = &bench->found.subject,
	    .item = slice_of(item) };
	struct past_walk walk;
	char text[1024];

	for (size_t most = 1; most < 5; most++) {
		for (int back = 0; back < 2; back++) {
			size_t n = 0;

			past_walk_begin(&walk, &about, back == 1, false);
			go(bench, &walk, most, &steps, &about);
			text[0] = '\0';
			for (size_t i = 0; i < steps.n; i++)
				n += (size_t)snprintf(text + n, sizeof(text)
				    - n, "%s ", steps.text[back == 1 ?
				    steps.n - 1 - i : i]);
			assert_string_equal(text, want);
			for (size_t i = 0; i < steps.n; i++) {
				walk = steps.again[i];
				go(bench, &walk, most, &rest, &about);
				assert_int_equal(rest.n, steps.n - i);
				assert_string_equal(rest.text[0],
				    steps.text[i]);
			}
		}
	}
}

static void
a_walk_goes_over_all_versions_and_gaps_in_their_order(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "document", 20, 20, "updated", 3, NULL, "3");
	PUT(&bench, "document", 20, 20, "updated", 7, NULL, "7");
	PUT(&bench, "document", 20, 20, "updated", 5, NULL, "5");
	PUT(&bench, "document", 20, 20, "updated", 5, NULL, "5");
	PUT(&bench, "document", 20, 20, "updated", 5, NULL, "other");
	PUT(&bench, "document", 20, 20, "removed", 9, NULL, NULL);
	PUT(&bench, "document", 20, 20, "updated", 9, NULL, "9");
	PUT(&bench, "document", 20, 20, "updated", -1, NULL, "none");
	read_back(&bench, "thing");
	check_walk(&bench, NULL,
	    "0-2 3 4-4 5 5c 6-6 7 8-8 9 9r #8 ");
	end(&bench);
}

static void
a_walk_over_an_item_has_what_is_missing_of_its_map(void **state)
{
	struct bench bench;

	begin(&bench, state);
	PUT(&bench, "map", 20, 20, "created", 0, NULL, NULL);
	PUT(&bench, "map", 20, 20, "item_added", 2, "a", "3");
	PUT(&bench, "map", 20, 20, "item_added", 4, "b", "7");
	PUT(&bench, "map", 20, 20, "item_updated", 6, "a", "5");
	PUT(&bench, "map", 20, 20, "item_updated", 8, "b", "5");
	PUT(&bench, "map", 20, 20, "removed", 9, NULL, NULL);
	read_back(&bench, "thing");
	check_walk(&bench, "a", "1-1 2 3-3 5-5 6 7-7 ");
	check_walk(&bench, "b", "1-1 3-3 4 5-5 7-7 8 ");
	check_walk(&bench, NULL, "#1 1-1 2 3-3 4 5-5 6 7-7 8 #6 ");
	end(&bench);
}

#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, \
    place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_document_is_what_its_largest_number_by_then_says),
		T(a_gap_above_the_moment_makes_it_unknown),
		T(a_gap_that_was_explained_or_given_up_is_still_missing),
		T(a_gap_that_was_filled_late_is_none),
		T(before_the_first_of_all_it_was_not_there_or_is_unknown),
		T(a_creation_with_a_larger_number_is_a_beginning_too),
		T(order_is_by_number_and_never_by_time),
		T(without_date_created_it_is_known_from_its_receipt_on),
		T(of_conflicting_contents_the_first_counts_and_the_rest_is_told),
		T(after_its_removal_a_document_is_removed),
		T(a_removal_may_have_the_number_of_the_last_update),
		T(an_update_after_its_removal_does_not_bring_it_back),
		T(a_removal_without_a_number_removes_from_its_time_on),
		T(of_removals_without_a_number_any_by_then_removes_a_document),
		T(while_its_numbers_are_of_another_base_a_document_is_unknown),
		T(what_is_missing_before_a_removal_is_told_with_it),
		T(what_has_no_usable_number_at_all_is_not_known),
		T(what_has_no_usable_number_may_be_the_newest),
		T(an_item_without_a_usable_number_concerns_it_and_the_whole),
		T(a_number_that_names_no_item_may_be_of_any),
		T(a_map_of_which_nothing_has_a_usable_number_is_unknown),
		T(an_item_is_what_its_own_largest_number_by_then_says),
		T(a_missing_number_may_be_of_any_item_since_its_last),
		T(what_was_before_the_journal_began_is_missing_too),
		T(a_journaled_creation_says_that_there_was_nothing_before),
		T(an_item_that_never_was_added_was_there_before),
		T(a_removed_list_is_removed_with_its_items),
		T(lists_are_in_the_order_of_numbers_and_maps_in_that_of_keys),
		T(at_random_it_never_knows_more_than_it_can),
		T(a_walk_goes_over_all_versions_and_gaps_in_their_order),
		T(a_walk_over_an_item_has_what_is_missing_of_its_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
