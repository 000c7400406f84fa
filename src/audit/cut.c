#include "audit/cut.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Of past_last: which events. */
enum role {
	ROLE_ANY = 1,
	ROLE_REMOVAL = 2
};

static enum rc
find_last(struct cut *cut, struct db *db, int64_t up_to, const char *at,
    enum role role, enum cut_text text, struct version *version,
    struct err *err)
{
	const enum statement s = STATEMENT_PAST_LAST;

	version_bind(db, s, cut->subject);
	db_bind_int(db, s, 4, up_to);
	db_bind_text(db, s, 5, slice_of(at));
	db_bind_int(db, s, 6, role);
	return version_first(db, s, &cut->text[text], version, err);
}

static enum rc
find_loose(struct cut *cut, struct db *db, const char *what, const char *at,
    enum cut_text text, struct version *version, struct err *err)
{
	const enum statement s = STATEMENT_PAST_LOOSE_FIRST;
	char type[sizeof("document_created")];

	(void)snprintf(type, sizeof(type), "%s_%s",
	    stream_kind_name(cut->subject->kind), what);
	version_bind(db, s, cut->subject);
	db_bind_text(db, s, 4, slice_of(type));
	db_bind_text(db, s, 5, slice_of(at));
	return version_first(db, s, &cut->text[text], version, err);
}

/* A removal with a number: E, or, if the document is known to be removed, one
 * below it. One of E's own number is behind it unless it is E. */
static enum rc
find_numbered_removal(struct cut *cut, struct db *db, struct err *err)
{
	const struct version *last = &cut->last;
	int64_t up_to = last->number;

	if (last->position == 0 || cut->subject->kind != STREAM_DOCUMENT)
		return RC_OK;
	if (last->life != LIFE_REMOVED) {
		if (!cut->subject->removed || up_to == 0)
			return RC_OK;
		up_to--;
	}
	return find_last(cut, db, up_to, CUT_END, ROLE_REMOVAL, CUT_REMOVAL,
	    &cut->removal, err);
}

/* Of removals without a number any by then is one of a document; of a list or
 * map the first counts, whatever the others' times. */
static enum rc
find_removal(struct cut *cut, struct db *db, struct err *err)
{
	const char *at = cut->subject->kind == STREAM_DOCUMENT ? cut->at :
	    CUT_END;
	enum rc rc;

	rc = find_numbered_removal(cut, db, err);
	if (rc != RC_OK || cut->removal.position > 0)
		return rc;
	rc = find_loose(cut, db, "removed", at, CUT_REMOVAL, &cut->removal,
	    err);
	if (rc == RC_OK && cut->removal.position > 0 && slice_compare(
	    version_time(&cut->removal), slice_of(cut->at)) > 0)
		cut->removal.position = 0;
	return rc;
}

static enum rc
find_next(struct cut *cut, struct db *db, struct err *err)
{
	const enum statement s = STATEMENT_PAST_NEXT;

	version_bind(db, s, cut->subject);
	db_bind_int(db, s, 4, cut->last.position > 0 ? cut->last.number : -1);
	return version_first(db, s, &cut->text[CUT_NEXT], &cut->next, err);
}

static enum rc
find_unsequenced(struct cut *cut, struct db *db, struct slice item,
    struct err *err)
{
	const enum statement s = STATEMENT_PAST_UNSEQUENCED;

	/* Without E any by then: a list or map has begun with its creation. */
	version_bind(db, s, cut->subject);
	db_bind_text(db, s, 4, cut->last.position > 0 ?
	    version_time(&cut->last) : slice_of(""));
	db_bind_text(db, s, 5, slice_of(cut->at));
	db_bind_text(db, s, 6, item);
	return version_first(db, s, &cut->text[CUT_LOOSE], &cut->loose, err);
}

static enum rc
find_creation(struct cut *cut, struct db *db, struct err *err)
{
	if (cut->subject->kind != STREAM_DOCUMENT)
		return find_loose(cut, db, "created", CUT_END, CUT_CREATION,
		    &cut->creation, err);
	if (cut->last.position == 0 && cut->next.life == LIFE_CREATED)
		cut->creation = cut->next;
	return RC_OK;
}

enum rc
cut_find(struct cut *cut, struct db *db, const struct past_about *about,
    const int64_t *at_us, struct err *err)
{
	enum rc rc;

	*cut = (struct cut){ .subject = about->subject,
	    .is_now = at_us == NULL };
	for (int i = 0; i < N_CUT_TEXTS; i++)
		buf_init(&cut->text[i], 0);
	if (at_us == NULL)
		(void)snprintf(cut->at, sizeof(cut->at), "%s", CUT_END);
	else
		clock_text(*at_us, cut->at);
	rc = find_last(cut, db, INT64_MAX, cut->at, ROLE_ANY, CUT_LAST,
	    &cut->last, err);
	if (rc == RC_OK)
		rc = find_next(cut, db, err);
	if (rc == RC_OK)
		rc = find_removal(cut, db, err);
	if (rc == RC_OK)
		rc = find_creation(cut, db, err);
	if (rc == RC_OK)
		rc = find_unsequenced(cut, db, about->item, err);
	return rc;
}

void
cut_clear(struct cut *cut)
{
	for (int i = 0; i < N_CUT_TEXTS; i++)
		buf_clear(&cut->text[i]);
}

/* ------------------------------------------------------------------------
 * Words
 */

bool
cut_has_begun(const struct cut *cut)
{
	if (cut->last.position > 0)
		return true;
	return cut->subject->kind != STREAM_DOCUMENT &&
	    cut->creation.position > 0 && slice_compare(
	    version_time(&cut->creation), slice_of(cut->at)) <= 0;
}

static void
tell_loose(const struct cut *cut, struct buf *lines)
{
	version_words(lines, cut->subject->kind, &cut->loose);
	buf_add_text(lines, " came without a usable number: what it is of is "
	    "not known\n");
}

/* It had been written by its receipt, but since when is not known. */
static bool
is_undated(const struct cut *cut, const struct version *version)
{
	return !cut->is_now && version->position > 0 &&
	    version->created_at.p == NULL;
}

static void
tell_undated(const struct cut *cut, struct buf *lines, size_t *n)
{
	if (!is_undated(cut, &cut->next))
		return;
	++*n;
	version_number_words(lines, cut->subject->kind, cut->next.number);
	buf_add_text(lines, " came without DateCreated, at ");
	buf_add_slice(lines, cut->next.received_at);
	buf_add_text(lines, ": it may have been written before\n");
}

/* A number that names no item may be of any. */
static enum rc
tell_nameless(const struct cut *cut, struct db *db, int64_t first,
    int64_t last, struct buf *lines, size_t *n, struct err *err)
{
	const enum statement s = STATEMENT_PAST_NAMELESS;
	struct version version;
	struct buf text;
	enum rc rc;

	if (cut->subject->kind == STREAM_DOCUMENT || first > last)
		return RC_OK;
	buf_init(&text, 0);
	version_bind(db, s, cut->subject);
	db_bind_int(db, s, 4, first);
	db_bind_int(db, s, 5, last);
	rc = version_first(db, s, &text, &version, err);
	if (rc == RC_OK && version.position > 0) {
		++*n;
		version_words(lines, cut->subject->kind, &version);
		buf_add_text(lines, " came without an item: what it is of is "
		    "not known\n");
	}
	buf_clear(&text);
	return rc;
}

enum rc
cut_doubts(const struct cut *cut, struct db *db, int64_t first,
    struct buf *lines, size_t *n, struct err *err)
{
	struct missing_reading reading;
	struct missing missing;
	/* Above the head nothing is missing. */
	const int64_t last = cut->next.position > 0 ? cut->next.number - 1 :
	    cut->last.number;
	bool row = true;
	enum rc rc;

	*n = 0;
	rc = missing_begin(&reading, db, cut->subject, first, last, false,
	    err);
	while (rc == RC_OK) {
		rc = missing_next(&reading, &missing, &row, err);
		if (rc != RC_OK || !row)
			break;
		if (++*n > CUT_DOUBTS)
			continue;
		missing_words(lines, cut->subject->kind, &missing);
		buf_add_char(lines, '\n');
	}
	missing_end(&reading);
	if (rc == RC_OK && *n > CUT_DOUBTS)
		buf_printf(lines, "and %zu more such intervals\n",
		    *n - CUT_DOUBTS);
	tell_undated(cut, lines, n);
	if (rc == RC_OK && cut->next.position == 0 &&
	    cut->loose.position > 0) {
		++*n;
		tell_loose(cut, lines);
	}
	return rc == RC_OK ? tell_nameless(cut, db, first, last, lines, n,
	    err) : rc;
}

void
cut_begins(const struct cut *cut, struct buf *why, bool *is_known)
{
	const enum stream_kind kind = cut->subject->kind;

	*is_known = cut->creation.position > 0 &&
	    !is_undated(cut, &cut->creation);
	version_title(why, cut->subject);
	if (*is_known) {
		buf_add_text(why, " was not there yet: it was created as ");
		version_words(why, kind, &cut->creation);
	} else if (cut->creation.position > 0) {
		buf_add_text(why, ": whether it was there is not known, its "
		    "creation came without DateCreated: ");
		version_words(why, kind, &cut->creation);
	} else if (cut->next.position > 0) {
		buf_add_text(why, ": what it was before is not known, the "
		    "journal has it from ");
		version_words(why, kind, &cut->next);
		buf_add_text(why, " on");
	} else
		buf_add_text(why, ": nothing that the journal has of it has a "
		    "usable number");
	buf_add_char(why, '\n');
}

void
cut_removed(const struct cut *cut, struct buf *why)
{
	version_title(why, cut->subject);
	buf_add_text(why, " was removed: ");
	version_words(why, cut->subject->kind, &cut->removal);
	buf_add_char(why, '\n');
}

static void
note_receipt(const struct cut *cut, struct buf *note)
{
	if (!is_undated(cut, &cut->last))
		return;
	version_number_words(note, cut->subject->kind, cut->last.number);
	buf_add_text(note, " came without DateCreated: it counts from its "
	    "receipt, ");
	buf_add_slice(note, cut->last.received_at);
	buf_add_char(note, '\n');
}

/* A step from 9 to 10 is the next one only if the numbers are decimal. */
static void
note_base(const struct cut *cut, struct buf *note)
{
	if (!cut->subject->is_base_assumed || cut->next.position == 0 ||
	    cut->subject->kind != STREAM_DOCUMENT ||
	    cut->next.number / 10 == cut->last.number / 10)
		return;
	buf_printf(note, "revisions %lld and %lld are read as decimal; if they "
	    "are hexadecimal, which is not known yet, some are missing "
	    "between: set revision_base if you know\n",
	    (long long)cut->last.number, (long long)cut->next.number);
}

void
cut_note(const struct cut *cut, struct buf *note)
{
	if (cut->next.position > 0 && cut->loose.position > 0)
		tell_loose(cut, note);
	note_receipt(cut, note);
	note_base(cut, note);
}
