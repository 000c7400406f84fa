#include "cli/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/slice.h"
#include "cli/whole.h"
#include "journal/file.h"
#include "journal/lock.h"
#include "twilio/number.h"

/* The file's lines begin with these, each followed by a space. */
#define MAGIC "syncjournal cursor 1"
#define JOURNAL "journal"
#define POSITION "position"
#define DELIVERY "delivery"

#define UUID_SIZE 37	/* with its NUL */
#define DIGEST_SIZE 65	/* SHA-256 in hexadecimal, with its NUL */
/* Four lines, two numbers of 19 digits, and the two texts above. */
#define CURSOR_SIZE 256

struct cursor {
	char *path;		/* canonical */
	struct lock *lock;
	const char *journal;	/* path; borrowed */
	char *wal;		/* path of its WAL */
	char uuid[UUID_SIZE];
	bool is_set;
	int64_t position;
	/* The last delivery up to there; 0: there is none. */
	int64_t witness;
	char digest[DIGEST_SIZE];
};

/* ------------------------------------------------------------------------
 * The file
 */

static enum rc
no_cursor(const struct cursor *cursor, struct err *err)
{
	return err_set(err, RC_USAGE, "%s: is no cursor of syncjournal log: "
	    "name another file with --cursor, which need not be there yet",
	    cursor->path);
}

/* The next word up to a blank or a line's end, which must follow. */
static bool
take(struct slice *text, char end, struct slice *word)
{
	const char *at = text->len == 0 ? NULL :
	    memchr(text->p, end, text->len);

	if (at == NULL)
		return false;
	*word = (struct slice){ text->p, (size_t)(at - text->p) };
	text->len -= word->len + 1;
	text->p = at + 1;
	return true;
}

static bool
take_name(struct slice *text, const char *name)
{
	struct slice word;

	return take(text, ' ', &word) && slice_is(word, name);
}

static bool
copy(struct slice word, char *to, size_t size)
{
	if (word.len >= size)
		return false;
	memcpy(to, word.p, word.len);
	to[word.len] = '\0';
	return true;
}

static bool
parse(struct cursor *cursor, struct slice text)
{
	struct slice word, digest;

	return take(&text, '\n', &word) && slice_is(word, MAGIC) &&
	    take_name(&text, JOURNAL) && take(&text, '\n', &word) &&
	    copy(word, cursor->uuid, sizeof(cursor->uuid)) &&
	    take_name(&text, POSITION) && take(&text, '\n', &word) &&
	    number_parse(word, 10, &cursor->position) &&
	    take_name(&text, DELIVERY) && take(&text, ' ', &word) &&
	    number_parse(word, 10, &cursor->witness) &&
	    take(&text, '\n', &digest) &&
	    copy(digest, cursor->digest, sizeof(cursor->digest)) &&
	    text.len == 0;
}

static enum rc
read_file(struct cursor *cursor, struct err *err)
{
	char text[CURSOR_SIZE + 1];
	enum rc rc;
	ssize_t len;
	int fd;

	/* Not to wait for whoever may open a pipe. */
	fd = open(cursor->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return RC_OK;
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (len < 0)
		rc = err_set(err, RC_SYSTEM, "%s: cannot be read: %s",
		    cursor->path, strerror(errno));
	else if (len > 0 && !parse(cursor, (struct slice){ text,
	    (size_t)len }))
		rc = no_cursor(cursor, err);
	else
		rc = RC_OK;
	cursor->is_set = rc == RC_OK && len > 0;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
write_file(const struct cursor *cursor, struct err *err)
{
	struct whole whole;
	enum rc rc;

	rc = whole_begin(&whole, cursor->path, err);
	if (rc == RC_OK && fprintf(whole.file, MAGIC "\n" JOURNAL " %s\n"
	    POSITION " %lld\n" DELIVERY " %lld %s\n", cursor->uuid,
	    (long long)cursor->position, (long long)cursor->witness,
	    cursor->digest) < 0)
		rc = err_set(err, RC_SYSTEM, "%s: cannot be written to: %s",
		    cursor->path, strerror(errno));
	if (rc == RC_OK)
		rc = whole_keep(&whole, err);
	whole_drop(&whole);
	return rc;
}

/* ------------------------------------------------------------------------ */

static enum rc
lock_file(struct cursor *cursor, struct err *err)
{
	enum rc rc;

	rc = lock_open(&cursor->lock, cursor->path, err);
	if (rc == RC_OK)
		rc = lock_take(cursor->lock, 0, err);
	if (rc == RC_BUSY)
		return err_set(err, rc, "%s: another program uses this "
		    "cursor: each needs one of its own", cursor->path);
	if (rc == RC_SYSTEM)
		return err_set(err, rc, "%s-lock: cannot be made or locked: "
		    "%s", cursor->path, strerror(errno));
	return rc;
}

/* Before anything is made beside it: a device is not to be replaced. */
static enum rc
name_file(struct cursor *cursor, const char *path, struct err *err)
{
	struct stat status;
	enum rc rc;

	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return err_set(err, RC_USAGE, "%s: is no regular file: name "
		    "one with --cursor, which need not be there yet", path);
	rc = file_canonical(path, &cursor->path, err);
	if (rc == RC_SYSTEM)
		return err_set(err, rc, "--cursor names a file in a directory "
		    "that is there and may be searched, not: %s", path);
	return rc;
}

enum rc
cursor_open(struct cursor **cursor, const char *path, struct err *err)
{
	struct cursor *new;
	enum rc rc;

	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return err_set(err, RC_MEMORY, "%s: no memory", path);
	rc = name_file(new, path, err);
	if (rc == RC_OK)
		rc = lock_file(new, err);
	if (rc == RC_OK)
		rc = read_file(new, err);
	if (rc == RC_OK) {
		*cursor = new;
		new = NULL;
	}
	cursor_close(new);
	return rc;
}

void
cursor_close(struct cursor *cursor)
{
	if (cursor == NULL)
		return;
	lock_close(cursor->lock);
	free(cursor->wal);
	free(cursor->path);
	free(cursor);
}

bool
cursor_position(const struct cursor *cursor, int64_t *position)
{
	*position = cursor->position;
	return cursor->is_set;
}

/* The last delivery up to the position. */
static enum rc
read_witness(struct db *db, int64_t position, int64_t *witness,
    char digest[DIGEST_SIZE], struct err *err)
{
	const enum statement s = STATEMENT_CURSOR_WITNESS;
	enum rc rc;
	bool row;

	*witness = 0;
	(void)copy(slice_of("-"), digest, DIGEST_SIZE);
	db_bind_int(db, s, 1, position);
	rc = db_row(db, s, &row, err);
	if (rc != RC_OK || !row)
		return rc;
	*witness = db_int(db, s, 0);
	if (!copy(db_bytes(db, s, 1), digest, DIGEST_SIZE))
		rc = err_set(err, RC_STORE, "the digest of the delivery at "
		    "position %lld is too long", (long long)*witness);
	db_done(db, s);
	return rc;
}

static enum rc
read_uuid(struct db *db, char uuid[UUID_SIZE], struct err *err)
{
	const enum statement s = STATEMENT_JOURNAL_UUID;
	enum rc rc;
	bool row;

	rc = db_row(db, s, &row, err);
	if (rc != RC_OK)
		return rc;
	if (!row || !copy(db_bytes(db, s, 0), uuid, UUID_SIZE))
		rc = err_set(err, RC_STORE, "the journal has no name of its "
		    "own");
	db_done(db, s);
	return rc;
}

static enum rc
compare(const struct cursor *cursor, struct db *db, int64_t last,
    struct err *err)
{
	char digest[DIGEST_SIZE];
	int64_t witness;
	enum rc rc;

	rc = read_witness(db, cursor->position, &witness, digest, err);
	if (rc != RC_OK)
		return rc;
	if (cursor->position <= last && witness == cursor->witness &&
	    strcmp(digest, cursor->digest) == 0)
		return RC_OK;
	return err_set(err, RC_USAGE, "%s: %s no longer holds what it held up "
	    "to position %lld: it was restored from a backup, it seems. Find "
	    "out what was not handed on, remove the cursor, and begin with "
	    "--from POSITION", cursor->path, cursor->journal,
	    (long long)cursor->position);
}

static enum rc
name_wal(struct cursor *cursor, struct err *err)
{
	struct buf wal;
	char *path = NULL;
	enum rc rc;

	buf_init(&wal, 0);
	rc = file_canonical(cursor->journal, &path, err);
	if (rc != RC_OK)
		goto out;
	buf_printf(&wal, "%s-wal", path);
	if (buf_ok(&wal))
		cursor->wal = strdup(wal.data);
	if (cursor->wal == NULL)
		rc = err_set(err, RC_MEMORY, "%s: no memory", path);
out:
	free(path);
	buf_clear(&wal);
	return rc;
}

enum rc
cursor_check(struct cursor *cursor, struct db *db, const char *journal,
    int64_t last, struct err *err)
{
	char uuid[UUID_SIZE];
	enum rc rc;

	cursor->journal = journal;
	rc = name_wal(cursor, err);
	if (rc == RC_OK)
		rc = read_uuid(db, uuid, err);
	if (rc == RC_OK && cursor->is_set && strcmp(uuid, cursor->uuid) != 0)
		rc = err_set(err, RC_USAGE, "%s: is the cursor of another "
		    "journal (%s), not of %s (%s): each needs one of its own",
		    cursor->path, cursor->uuid, journal, uuid);
	if (rc == RC_OK && cursor->is_set)
		rc = compare(cursor, db, last, err);
	if (rc == RC_OK)
		memcpy(cursor->uuid, uuid, sizeof(uuid));
	return rc;
}

/* No lock of SQLite's is on this file, that closing it could drop. */
static enum rc
sync_wal(const struct cursor *cursor, struct err *err)
{
	enum rc rc;
	int fd;

	fd = open(cursor->wal, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return RC_OK;
	if (fd < 0)
		rc = err_set(err, RC_SYSTEM, "%s: cannot be opened: %s",
		    cursor->wal, strerror(errno));
	else if (fdatasync(fd) != 0)
		rc = err_set(err, RC_SYNC, "%s: cannot be synced: %s",
		    cursor->wal, strerror(errno));
	else
		rc = RC_OK;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
cursor_move(struct cursor *cursor, struct db *db, int64_t position,
    struct err *err)
{
	enum rc rc;

	rc = read_witness(db, position, &cursor->witness, cursor->digest,
	    err);
	if (rc == RC_OK)
		rc = sync_wal(cursor, err);
	if (rc != RC_OK)
		return rc;
	cursor->position = position;
	cursor->is_set = true;
	return write_file(cursor, err);
}
