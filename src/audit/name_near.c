#include "audit/name_parts.h"
#include "audit/near.h"

/* Nearest names that are told of when there is none. */
#define N_NEAREST 3

/* The nearest first; of those that are as near, the newest. */
struct nearest {
	struct {
		enum near near;
		struct subject subject;
	} at[N_NEAREST];
	size_t n;
};

/* place_for -- where a name belongs; N_NEAREST: nowhere. One that is there
 * already is not told again; the word itself is, of another kind or service. */
static size_t
place_for(const struct nearest *nearest, enum near near, struct slice name)
{
	size_t at = nearest->n;

	for (size_t i = 0; i < nearest->n && near != NEAR_SAME; i++) {
		if (slice_compare(subject_name(&nearest->at[i].subject),
		    name) == 0)
			return N_NEAREST;
	}
	while (at > 0 && nearest->at[at - 1].near > near)
		at--;
	return at;
}

static bool
is_told(const struct nearest *nearest, const struct subject *subject)
{
	const struct subject *one;

	for (size_t i = 0; i < nearest->n; i++) {
		one = &nearest->at[i].subject;
		if (subject_alike(one, subject) && slice_compare(
		    subject_name(one), subject_name(subject)) == 0)
			return true;
	}
	return false;
}

/* get -- the subject of a stream that was just seen. */
static enum rc
get(struct db *db, int64_t stream_id, struct subject *subject,
    struct err *err)
{
	const enum statement s = STATEMENT_NAME_BY_ID;
	bool found;
	enum rc rc;

	db_bind_int(db, s, 1, stream_id);
	rc = db_row(db, s, &found, err);
	if (rc != RC_OK)
		return rc;
	if (!found)
		return err_set(err, RC_STORE, "name: a stream has no service");
	*subject = subject_row(db, s);
	rc = subject_keep(subject, err);
	db_done(db, s);
	return rc;
}

static enum rc
add_nearest(struct db *db, struct nearest *nearest, enum near near,
    struct slice name, int64_t stream_id, struct err *err)
{
	const size_t at = place_for(nearest, near, name);
	struct subject subject;
	enum rc rc;

	if (at == N_NEAREST)
		return RC_OK;
	rc = get(db, stream_id, &subject, err);
	if (rc != RC_OK)
		return rc;
	if (is_told(nearest, &subject)) {
		subject_clear(&subject);
		return RC_OK;
	}
	if (nearest->n < N_NEAREST)
		nearest->n++;
	else
		subject_clear(&nearest->at[N_NEAREST - 1].subject);
	for (size_t i = nearest->n - 1; i > at; i--)
		nearest->at[i] = nearest->at[i - 1];
	nearest->at[at].near = near;
	nearest->at[at].subject = subject;
	return RC_OK;
}

static enum rc
find_nearest(const struct find *find, struct nearest *nearest, struct err *err)
{
	const enum statement s = STATEMENT_NAME_NEAR;
	const struct slice word = buf_slice(&find->name);
	struct slice name;
	enum near near;
	bool more;
	enum rc rc;

	while ((rc = db_row(find->db, s, &more, err)) == RC_OK && more) {
		name = db_bytes(find->db, s, 1);
		near = near_of(word, name);
		if (near == NEAR_NOT || name.len > NAME_SHOWN_LEN)
			continue;
		rc = add_nearest(find->db, nearest, near, name,
		    db_int(find->db, s, 0), err);
		if (rc != RC_OK) {
			db_done(find->db, s);
			return rc;
		}
	}
	return rc;
}

/* add_told -- one of those that are near; what it takes to mean it. */
static void
add_told(struct buf *out, const struct find *find,
    const struct subject *subject, unsigned int what)
{
	if (find->kind != STREAM_NONE)
		what |= NAME_KIND;
	/* It was not found because of its service. */
	if (find->query->service != NULL && slice_compare(
	    subject->service_sid, buf_slice(&find->service)) != 0)
		what |= NAME_SERVICE;
	name_words(out, subject, what);
}

/* add_elsewhere -- what has this SID, but is of another kind or service. */
static enum rc
add_elsewhere(struct buf *out, const struct find *find, struct err *err)
{
	const enum statement s = STATEMENT_NAME_SID;
	struct subject subject;
	bool found;
	enum rc rc;

	db_bind_text(find->db, s, 1, buf_slice(&find->name));
	rc = db_row(find->db, s, &found, err);
	if (rc != RC_OK || !found)
		return rc;
	subject = subject_row(find->db, s);
	add_told(out, find, &subject, NAME_BY_KEY);
	db_done(find->db, s);
	return RC_OK;
}

/* add_near -- end the sentence with what may be meant instead. */
static enum rc
add_near(struct buf *out, const struct find *find, struct err *err)
{
	struct nearest nearest = { .n = 0 };
	struct buf told;
	enum rc rc;

	buf_init(&told, 0);
	rc = add_elsewhere(&told, find, err);
	if (rc == RC_OK && told.len == 0)
		rc = find_nearest(find, &nearest, err);
	for (size_t i = 0; i < nearest.n; i++) {
		buf_add_text(&told, i == 0 ? "" : ", ");
		add_told(&told, find, &nearest.at[i].subject, 0);
		subject_clear(&nearest.at[i].subject);
	}
	if (told.len == 0)
		buf_add_char(out, '.');
	else
		buf_printf(out, "; did you mean %s?", told.data);
	if (rc == RC_OK && !buf_ok(&told))
		rc = err_set(err, RC_MEMORY, "name: no memory");
	buf_clear(&told);
	return rc;
}

/* add_refusal -- what there is not, before what is near. */
static void
add_refusal(struct buf *out, const struct find *find)
{
	buf_printf(out, "%.*s: no %s ", NAME_SHOWN_LEN, find->name.data,
	    find->kind != STREAM_NONE ? stream_kind_name(find->kind) :
	    "document, list, map or identity");
	if (find->service.len > 0)
		buf_printf(out, "of service %.*s ", NAME_SHOWN_LEN,
		    find->service.data);
	else if (find->query->service != NULL)
		buf_add_text(out, "without a service ");
	buf_add_text(out, "is called so");
}

enum rc
name_unknown(const struct find *find, struct err *err)
{
	static const char *const where[N_STREAM_KINDS] = {
		[STREAM_NONE] = "documents, lists, maps, presence",
		[STREAM_DOCUMENT] = "documents",
		[STREAM_LIST] = "lists",
		[STREAM_MAP] = "maps",
		[STREAM_IDENTITY] = "presence",
	};
	struct buf text;
	enum rc rc;

	buf_init(&text, 0);
	add_refusal(&text, find);
	rc = add_near(&text, find, err);
	if (rc == RC_OK && !buf_ok(&text))
		rc = err_set(err, RC_MEMORY, "name: no memory");
	if (rc == RC_OK)
		rc = err_set(err, RC_USAGE, "%s To see all: %s", text.data,
		    where[find->kind]);
	buf_clear(&text);
	return rc;
}
