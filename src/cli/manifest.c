#include "cli/manifest.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "journal/db.h"

/* Columns of export_about. */
enum {
	ABOUT_UUID,
	ABOUT_SCHEMA,
	ABOUT_PROGRAM,
	ABOUT_CREATED,
	ABOUT_MODE
};

static void
add_text(struct buf *out, const char *name, struct slice value)
{
	buf_printf(out, "  \"%s\": ", name);
	if (value.p == NULL)
		buf_add_text(out, "null");
	else
		text_json(out, value);
	buf_add_text(out, ",\n");
}

static void
add_number(struct buf *out, const char *name, int64_t value)
{
	buf_printf(out, "  \"%s\": %lld,\n", name, (long long)value);
}

/* ISO 8601, as all times of an export. */
static void
add_now(struct buf *out, const char *name)
{
	char text[CLOCK_TEXT_SIZE];

	clock_text(clock_now_us(), text);
	*strchr(text, ' ') = 'T';
	buf_printf(out, "  \"%s\": \"%sZ\",\n", name, text);
}

static enum rc
add_journal(struct buf *out, struct db *db, struct err *err)
{
	const enum statement s = STATEMENT_EXPORT_ABOUT;
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	add_text(out, "journal", db_bytes(db, s, ABOUT_UUID));
	add_text(out, "journal_created_at", db_bytes(db, s, ABOUT_CREATED));
	add_text(out, "journal_mode", db_bytes(db, s, ABOUT_MODE));
	add_text(out, "schema_version", db_bytes(db, s, ABOUT_SCHEMA));
	add_text(out, "program_version", slice_of(PACKAGE_VERSION));
	db_done(db, s);
	return RC_OK;
}

static void
add_flag(struct buf *out, const char *name, bool value)
{
	buf_printf(out, "  \"%s\": %s,\n", name, value ? "true" : "false");
}

static void
add_written(struct buf *out, const struct manifest *manifest)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(manifest->sha256, DIGEST_SIZE, hex);
	add_text(out, "format", slice_of(manifest->format));
	add_now(out, "exported_at");
	add_number(out, "after_position", manifest->after);
	add_number(out, "up_to_position", manifest->up_to);
	add_number(out, "events", manifest->events);
	if (manifest->events > 0) {
		add_number(out, "first_position", manifest->first);
		add_number(out, "last_position", manifest->last);
	}
	add_number(out, "bytes", manifest->bytes);
	add_text(out, "sha256", slice_of(hex));
	add_flag(out, "rejudged_meanwhile", manifest->rejudged);
}

/* A row of export_gaps as an object. */
static void
add_gap(struct buf *out, struct db *db)
{
	const enum statement s = STATEMENT_EXPORT_GAPS;
	const int n = db_columns(db, s);
	int i;

	for (i = 0; i < n; i++) {
		buf_printf(out, "%s\"%s\": ", i == 0 ? "{" : ", ",
		    db_column_name(db, s, i));
		switch (db_column_type(db, s, i)) {
		case DB_INTEGER:
			buf_printf(out, "%lld", (long long)db_int(db, s, i));
			break;
		case DB_TEXT:
			text_json(out, db_bytes(db, s, i));
			break;
		case DB_NULL:
		case DB_REAL:
		case DB_BLOB:
		case N_DB_TYPES:
			buf_add_text(out, "null");
			break;
		}
	}
	buf_add_char(out, '}');
}

static enum rc
add_gaps(struct buf *out, struct db *db, int64_t up_to, struct err *err)
{
	const enum statement s = STATEMENT_EXPORT_GAPS;
	const char *comma = "";
	enum rc rc;
	bool row;

	buf_add_text(out, "  \"open_gaps\": [");
	db_bind_int(db, s, 1, up_to);
	for (;;) {
		rc = db_row(db, s, &row, err);
		if (rc != RC_OK || !row)
			break;
		buf_printf(out, "%s\n    ", comma);
		add_gap(out, db);
		comma = ",";
	}
	buf_add_text(out, *comma == '\0' ? "]\n" : "\n  ]\n");
	return rc;
}

static enum rc
compose(struct buf *out, struct reading *reading,
    const struct manifest *manifest, struct err *err)
{
	enum rc rc;

	buf_add_text(out, "{\n");
	rc = reading_begin(reading, err);
	if (rc == RC_OK)
		rc = add_journal(out, reading->db, err);
	if (rc == RC_OK) {
		add_written(out, manifest);
		add_flag(out, "without_wal", reading->file_only);
		rc = add_gaps(out, reading->db, manifest->up_to, err);
	}
	reading_end(reading);
	buf_add_text(out, "}\n");
	if (rc == RC_OK && !buf_ok(out))
		rc = err_set(err, RC_MEMORY, "manifest: no memory");
	return reading_explain(reading, rc, err);
}

enum rc
manifest_write(struct reading *reading, const struct manifest *manifest,
    struct whole *file, struct err *err)
{
	struct buf out;
	enum rc rc;

	buf_init(&out, 0);
	rc = compose(&out, reading, manifest, err);
	if (rc == RC_OK) {
		/* whole_keep says what could not be written. */
		(void)fwrite(out.data, 1, out.len, file->file);
		rc = whole_keep(file, err);
	}
	buf_clear(&out);
	return rc;
}
