/*
 * db -- the database driver: the one place that knows SQLite, but for vfs, which
 * stands between SQLite and its files.
 *
 * The statements that run on an open journal are a closed, numbered set
 * (sql/statements.sql); each is prepared once, when it is first used. Binding
 * never fails at once: the first failure is remembered and is the result of
 * the next db_run or db_row; so bind one statement and run it, then the next.
 *
 * Codes: RC_BUSY somebody else's lock; RC_FULL disk or quota; RC_SYNC an I/O
 * error, after which what is on the disk is not known; RC_LIMIT as of db_limit;
 * RC_MEMORY; RC_STORE all else. A message names the file, the statement and
 * SQLite's reason.
 */
#ifndef JOURNAL_DB_H
#define JOURNAL_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "statements.h"

struct db;

/* One more than the named ones: the SQL that db_query was given. */
#define DB_QUERY ((enum statement)N_STATEMENTS)

/* Generations of the projections (sql/migrations/0002-generations.sql). */
#define DB_GENERATIONS 2

enum db_access {
	DB_READ,		/* the file must exist; nothing is written */
	DB_READ_IMMUTABLE,	/* the same, without locks and without the WAL:
				 * for a reader that may not write -shm */
	DB_WRITE,		/* the file must exist */
	DB_SCRATCH,		/* a database of this connection's own, gone
				 * with it; path is not used. It lies in the
				 * temporary directory once it is larger than
				 * SQLite's cache */
	N_DB_ACCESSES
};

enum db_journal_mode {
	DB_WAL,
	DB_TRUNCATE,
	N_DB_JOURNAL_MODES
};

/*
 * db_open -- open a database file, or ":memory:" for one of its own.
 *
 * path     must not be open in this process already: closing any descriptor
 *          of the file would drop the other one's POSIX locks
 * *db      set only on RC_OK; closed with db_close
 *
 * RC_SYSTEM  DB_WRITE of a file that may not be written to
 *
 * The connection makes no checkpoint of its own, neither now and then nor when
 * it is closed; does not map the file; asks no trigger; trusts no function of the
 * schema with side effects; and has no busy handler until db_wait, once the WAL
 * has been read that another program may be recovering just now.
 */
enum rc db_open(struct db **db, const char *path, enum db_access access,
    struct err *err);

/*
 * db_brief -- say, before the first db_open, that this process uses one thread
 * and ends soon: SQLite then has memory that is quick to get and is never given
 * back.
 */
void db_brief(void);

/* db_close -- roll back what is open, and close; NULL is accepted. */
void db_close(struct db *db);

/* db_wait -- how long SQLite waits for others' locks, in ms; 0: not at all. */
void db_wait(struct db *db, int ms);

/*
 * db_make_durable -- set the journal mode and synchronous=FULL, and read both
 * back: RC_STORE when the file or the build has another will.
 */
enum rc db_make_durable(struct db *db, enum db_journal_mode mode,
    struct err *err);

/* db_script -- run some SQL that returns nothing, to its end. */
enum rc db_script(struct db *db, const char *sql, struct err *err);

/* db_generation -- which generation's tables the statements mean from now on; 0
 * at first. A statement that is being read is of the old one until it is done:
 * change back before. Returns the old one. */
int db_generation(struct db *db, int generation);

/* db_text -- the SQL of a named statement, of the generation that is meant. */
const char *db_text(const struct db *db, enum statement statement);

/* Binding: index counts from 1. Bytes are borrowed until the statement was
 * run; a slice without value (p NULL) is NULL. Text must be UTF-8. */
void db_bind_int(struct db *db, enum statement statement, int index,
    int64_t value);
void db_bind_int_if(struct db *db, enum statement statement, int index,
    bool is_there, int64_t value);
void db_bind_text(struct db *db, enum statement statement, int index,
    struct slice text);
void db_bind_blob(struct db *db, enum statement statement, int index,
    struct slice bytes);

enum db_type {
	DB_NULL,
	DB_INTEGER,
	DB_REAL,
	DB_TEXT,
	DB_BLOB,
	N_DB_TYPES
};

/* A value of any column. */
struct db_value {
	enum db_type type;	/* not DB_REAL */
	int64_t number;		/* of DB_INTEGER */
	struct slice bytes;	/* of DB_TEXT and DB_BLOB */
};

void db_bind(struct db *db, enum statement statement, int index,
    const struct db_value *value);

/* db_run -- run a statement whose rows, if any, do not matter. Bindings are
 * gone afterwards. */
enum rc db_run(struct db *db, enum statement statement, struct err *err);

/*
 * db_commit, db_sync -- commit, of a DB_WRITE connection. In WAL mode it is
 * durable only after db_sync, so that others may have the writers' lock while
 * the disk is at work.
 *
 * Until then others see it, and may build on it. Their sync is one of the same
 * file and covers it too; if it is lost, so is what was built on it, and nobody
 * has acknowledged either (https://sqlite.org/fileformat.html section 4.3: a
 * frame counts only if all before it do). db_sync does nothing in other modes.
 */
enum rc db_commit(struct db *db, struct err *err);
enum rc db_sync(struct db *db, struct err *err);

/*
 * db_row -- step to the next row.
 *
 * *row   set on RC_OK: whether there is one. When there is none, or on any
 *        other code, the statement is as after db_done.
 */
enum rc db_row(struct db *db, enum statement statement, bool *row,
    struct err *err);

/* db_done -- end reading before the last row. */
void db_done(struct db *db, enum statement statement);

/* Columns of the current row, from 0; slices are valid until the next call on
 * this statement. */
int64_t db_int(struct db *db, enum statement statement, int column);
bool db_is_null(struct db *db, enum statement statement, int column);
struct slice db_bytes(struct db *db, enum statement statement, int column);

/* db_column -- the same, of whatever type; bytes valid as of db_bytes. */
struct db_value db_column(struct db *db, enum statement statement, int column);

/* db_same -- whether a column has this very value, of this type. */
bool db_same(struct db *db, enum statement statement, int column,
    const struct db_value *value);

/* What a listing needs: how many columns there are, what each is called, and
 * what it holds in the current row (db_bytes gives numbers as text too). */
int db_columns(struct db *db, enum statement statement);
const char *db_column_name(struct db *db, enum statement statement,
    int column);
enum db_type db_column_type(struct db *db, enum statement statement,
    int column);

/*
 * db_query -- prepare SQL that is not one of the named statements, such as a
 * person's own; it takes the place of the one before. From then on DB_QUERY is
 * a statement as the others, until the next db_query or db_close.
 *
 * sql  one statement that only reads: SELECT, WITH, VALUES, EXPLAIN, or a PRAGMA
 *      that tells of the schema. What follows its ";" may be blank or a comment.
 *      From now on no value of this connection may be larger than 16 MiB
 *
 * RC_USAGE  it is no SQL, more than one statement, or would write, attach a
 *           file, begin or end a transaction or change the connection: says so;
 *           DB_QUERY must not be used
 */
enum rc db_query(struct db *db, const char *sql, struct err *err);

/* db_parameter -- the index of a named parameter of DB_QUERY (":name"); 0: it has
 * none of this name. */
int db_parameter(struct db *db, const char *name);

/*
 * db_limit -- from now on, statements of this connection may run for ms in all;
 * 0: as long as they like. What takes longer ends with RC_LIMIT. Nothing is
 * limited while it waits for others' locks, nor within one call of a function.
 */
void db_limit(struct db *db, int ms);

/* db_watch -- have a function called now and then while a statement runs; NULL:
 * none. It must not use the connection. */
void db_watch(struct db *db, void (*watch)(void *to), void *to);

/* db_number -- the first column of the only row of a statement without
 * parameters; RC_STORE when there is none. */
enum rc db_number(struct db *db, enum statement statement, int64_t *number,
    struct err *err);

/* db_in_transaction -- false once SQLite has rolled back by itself. */
bool db_in_transaction(struct db *db);

/* db_last_id -- the rowid of the last insert. */
int64_t db_last_id(struct db *db);

/* db_wal_pages -- pages in the WAL after the last commit of this connection;
 * 0 in other modes. */
int db_wal_pages(const struct db *db);

/* db_prepare -- prepare a statement now, so that its columns can be asked for
 * and its reason for failing is known before a row is. */
enum rc db_prepare(struct db *db, enum statement statement, struct err *err);

/*
 * db_renew_wal -- write all of the WAL to the disk again: to be called before a
 * checkpoint where a sync may have failed. What the checkpoint copies must be in the
 * WAL on the disk as well, until the copy is: else a loss of power meanwhile leaves
 * parts of a commit.
 *
 * RC_BUSY   another program writes
 */
enum rc db_renew_wal(struct db *db, struct err *err);

enum db_checkpoint {
	DB_CHECKPOINT_RESTART,	/* the next writer begins the WAL anew */
	DB_CHECKPOINT_TRUNCATE,	/* and the file is emptied */
	N_DB_CHECKPOINTS
};

/*
 * db_checkpoint -- copy the WAL into the database.
 *
 * The caller holds the writers' lock. That no other program writes is proven
 * first, since a RESTART that cannot have the write lock turns into a PASSIVE
 * one, which in SQLite 3.7.0 to 3.51.2 can lose a commit that races it
 * (https://sqlite.org/wal.html, section 11). Never waits.
 *
 * RC_BUSY   another program writes, or reads an old state: the WAL stays as
 *           long as it is; all that could be copied was
 */
enum rc db_checkpoint(struct db *db, enum db_checkpoint checkpoint,
    struct err *err);

#endif
