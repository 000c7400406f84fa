#include "audit/name.h"

#include <stdlib.h>
#include <string.h>

#include "audit/name_parts.h"
#include "base/text.h"
#include "journal/reader.h"

void
name_clear(struct name_found *found)
{
	subject_clear(&found->subject);
	for (size_t i = 0; i < found->n_other; i++)
		subject_clear(&found->other[i]);
	found->n_other = 0;
	found->n_others = 0;
}

/* ------------------------------------------------------------------------
 * What has the name
 */

/* Rows come the newest first. */
static bool
is_meant_rather(const struct find *find, const struct subject *row,
    const struct subject *best)
{
	if (find->query->has_moment)
		return best->first_us > find->query->moment_us;
	return best->removed && !row->removed;
}

/* add_other -- tell of it too, in its order; beyond the room the oldest go. */
static void
add_other(struct name_found *found, struct subject *subject)
{
	size_t at = found->n_other;

	found->n_others++;
	while (at > 0 && found->other[at - 1].first_us < subject->first_us)
		at--;
	if (at == NAME_OTHERS) {
		subject_clear(subject);
		return;
	}
	if (found->n_other < NAME_OTHERS)
		found->n_other++;
	else
		subject_clear(&found->other[NAME_OTHERS - 1]);
	memmove(&found->other[at + 1], &found->other[at],
	    (found->n_other - at - 1) * sizeof(found->other[0]));
	found->other[at] = *subject;
}

static struct subject *
group_of(struct find *find, const struct subject *row)
{
	for (size_t i = 0; i < find->n_groups; i++) {
		if (subject_alike(&find->group[i], row))
			return &find->group[i];
	}
	return NULL;
}

/* take -- put a row in its group; its bytes become the group's or are freed. */
static void
take(struct find *find, struct subject *row)
{
	struct subject *best = group_of(find, row);
	struct subject other = *row;

	if (best == NULL && find->n_groups < NAME_OTHERS) {
		find->group[find->n_groups++] = *row;
		return;
	}
	if (best == NULL) {
		find->n_more++;
		subject_clear(row);
		return;
	}
	if (is_meant_rather(find, row, best)) {
		other = *best;
		*best = *row;
	}
	/* The same SID, of another account, is no other object by its name. */
	if (best == &find->group[0] &&
	    slice_compare(other.stream_key, best->stream_key) != 0)
		add_other(find->found, &other);
	else
		subject_clear(&other);
}

static void
bind(struct find *find, enum statement s)
{
	db_bind_text(find->db, s, 1, buf_slice(&find->name));
	db_bind_int_if(find->db, s, 2, find->kind != STREAM_NONE,
	    (int64_t)find->kind);
	db_bind_text(find->db, s, 3, find->query->service == NULL ?
	    slice_of(NULL) : buf_slice(&find->service));
}

static enum rc
find_rows(struct find *find, enum statement s, struct err *err)
{
	struct subject row;
	bool more;
	enum rc rc;

	bind(find, s);
	while ((rc = db_row(find->db, s, &more, err)) == RC_OK && more) {
		row = subject_row(find->db, s);
		rc = subject_keep(&row, err);
		if (rc != RC_OK) {
			db_done(find->db, s);
			return rc;
		}
		take(find, &row);
	}
	return rc;
}

static int
by_kind_and_service(const void *one, const void *two)
{
	const struct subject *a = one, *b = two;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return slice_compare(a->service_sid, b->service_sid);
}

/* refuse_several -- the groups are the candidates. */
static enum rc
refuse_several(struct find *find, struct err *err)
{
	struct name_found *found = find->found;

	name_clear(found);
	memcpy(found->other, find->group, find->n_groups *
	    sizeof(found->other[0]));
	found->n_other = find->n_groups;
	found->n_others = find->n_groups + find->n_more;
	find->n_groups = 0;
	qsort(found->other, found->n_other, sizeof(found->other[0]),
	    by_kind_and_service);
	return err_set(err, RC_USAGE, "%.*s: there are several; say which:",
	    NAME_SHOWN_LEN, find->name.data);
}

/* ------------------------------------------------------------------------
 * The words
 */

static enum rc
read_words(struct find *find, struct err *err)
{
	const struct name_query *query = find->query;
	const char *kind;
	int i;

	if (query->n_words < 1 || query->n_words > 2)
		return err_set(err, RC_USAGE, "a name is one word, or "
		    "document, list, map or identity and one word");
	if (query->n_words == 2) {
		for (i = STREAM_DOCUMENT; i < N_STREAM_KINDS; i++) {
			kind = stream_kind_name((enum stream_kind)i);
			if (strcmp(query->words[0], kind) == 0)
				find->kind = (enum stream_kind)i;
		}
		if (find->kind == STREAM_NONE)
			return err_set(err, RC_USAGE, "%.*s: of a name's two "
			    "words the first is document, list, map or "
			    "identity", NAME_SHOWN_LEN, query->words[0]);
	}
	text_escape(&find->name, slice_of(query->words[query->n_words - 1]));
	text_escape(&find->service, slice_of(query->service));
	if (!buf_ok(&find->name) || !buf_ok(&find->service))
		return err_set(err, RC_MEMORY, "name: no memory");
	if (find->name.len == 0)
		return err_set(err, RC_USAGE, "the name is empty");
	return RC_OK;
}

static enum rc
find_all(struct find *find, struct err *err)
{
	enum rc rc;

	rc = find_rows(find, STATEMENT_NAME_SID, err);
	find->found->by_sid = find->n_groups > 0;
	if (rc == RC_OK && find->n_groups == 0)
		rc = find_rows(find, STATEMENT_NAME_FIND, err);
	if (rc != RC_OK)
		return rc;
	if (find->n_groups == 0)
		return name_unknown(find, err);
	if (find->n_groups > 1)
		return refuse_several(find, err);
	find->found->subject = find->group[0];
	find->n_groups = 0;
	return RC_OK;
}

/* find_in_state -- all of it in one state of the journal, in the tables of the
 * generation that is in use then: the view services reads all streams. */
static enum rc
find_in_state(struct find *find, struct err *err)
{
	const bool own = !db_in_transaction(find->db);
	int before;
	enum rc rc = RC_OK;

	if (own)
		rc = db_run(find->db, STATEMENT_BEGIN_READ, err);
	if (rc == RC_OK)
		rc = reader_use(find->db, &before, err);
	if (rc == RC_OK) {
		rc = find_all(find, err);
		(void)db_generation(find->db, before);
	}
	if (own && db_in_transaction(find->db))
		(void)db_run(find->db, STATEMENT_ROLLBACK, NULL);
	return rc;
}

enum rc
name_find(struct db *db, const struct name_query *query,
    struct name_found *found, struct err *err)
{
	struct find find = { .query = query, .db = db, .found = found };
	enum rc rc;

	*found = (struct name_found){ .n_other = 0 };
	buf_init(&find.name, 0);
	buf_init(&find.service, 0);
	rc = read_words(&find, err);
	if (rc == RC_OK)
		rc = find_in_state(&find, err);
	for (size_t i = 0; i < find.n_groups; i++)
		subject_clear(&find.group[i]);
	if (rc != RC_OK && rc != RC_USAGE)
		name_clear(found);
	buf_clear(&find.name);
	buf_clear(&find.service);
	return rc;
}
