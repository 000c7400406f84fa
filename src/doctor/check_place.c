#include "doctor/doctor_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "journal/file.h"
#include "journal/reserve.h"

/* A page of SQLite's, as it writes them. */
#define PROBE_BYTES 4096
/* Longer than the checks can take. */
#define PROBE_OLD_S 3600
/* A sync that takes longer holds up every delivery, of which Twilio waits for
 * the answer at most 15 s. */
#define SYNC_SLOW_US 1000000
/* Below the first, the next hours are not sure; the second is some hundred
 * thousand events. */
#define ROOM_LEAST ((uint64_t)16 << 20)
#define ROOM_LITTLE ((uint64_t)256 << 20)

/* ------------------------------------------------------------------------
 * A file of our own, without a name as soon as it is there: whatever happens,
 * nothing of it stays.
 */

/* What failed, or NULL; errno says why. */
static const char *
try_locks(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_len = 1 };

	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return "cannot be locked by flock, as the responder does";
	if (fcntl(fd, F_SETLK, &lock) != 0)
		return "cannot be locked by fcntl, as SQLite does";
	return NULL;
}

static const char *
try_file(int fd, int64_t *sync_us)
{
	char bytes[PROBE_BYTES], back[PROBE_BYTES];
	int64_t begun_us;

	memset(bytes, 'p', sizeof(bytes));
	errno = 0;
	if (pwrite(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return "cannot be written to";
	begun_us = clock_mono_us();
	if (fsync(fd) != 0)
		return "cannot be synced";
	*sync_us = clock_mono_us() - begun_us;
	if (pread(fd, back, sizeof(back), 0) != (ssize_t)sizeof(back) ||
	    memcmp(bytes, back, sizeof(back)) != 0)
		return "does not hold what was written to it";
	return try_locks(fd);
}

/* What a doctor that was killed in the middle of its checks has left: files of
 * this user's, too old to be another doctor's at work. */
static void
sweep(const char *directory)
{
	const time_t old = time(NULL) - PROBE_OLD_S;
	struct dirent *entry;
	struct stat found;
	DIR *dir = opendir(directory);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (fnmatch("syncjournal-probe-??????*", entry->d_name, 0) == 0 &&
		    fstatat(dirfd(dir), entry->d_name, &found,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode) &&
		    found.st_uid == geteuid() && found.st_mtime < old)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	(void)closedir(dir);
}

/* Created and removed, and that is made durable. */
static const char *
try_directory(const char *directory, int *fd)
{
	struct buf path;
	const char *what = "cannot be written to: no file can be made there";

	buf_init(&path, 0);
	buf_printf(&path, "%s/syncjournal-probe-XXXXXX", directory);
	*fd = buf_ok(&path) ? mkostemp(path.data, O_CLOEXEC) : -1;
	if (*fd >= 0)
		what = unlink(path.data) != 0 ? "a file cannot be removed" :
		    file_sync_directory(path.data, NULL) != RC_OK ?
		    "cannot be synced" : NULL;
	buf_clear(&path);
	return what;
}

static void
check_probe(struct doctor *doctor, const char *directory)
{
	int64_t sync_us = 0;
	const char *what, *of = directory;
	int fd;

	what = try_directory(directory, &fd);
	if (what == NULL) {
		what = try_file(fd, &sync_us);
		of = "a file in the journal's directory";
	}
	if (what != NULL) {
		report_add(doctor->report, REPORT_FAILURE, "directory",
		    "%s: %s (as %s): %s", of, what, doctor_user(geteuid()),
		    errno == 0 ? "no reason given" : strerror(errno));
		report_mend(doctor->report, "Give the journal a directory "
		    "that the responder's user owns, on a local disk: path "
		    "under [journal].");
	} else if (sync_us > SYNC_SLOW_US) {
		report_add(doctor->report, REPORT_WARNING, "directory",
		    "%s: a sync took %lld ms, and each delivery waits for one",
		    directory, (long long)(sync_us / 1000));
		report_mend(doctor->report, "Put the journal on another "
		    "disk: Twilio waits at most 15 s.");
	} else {
		report_add(doctor->report, REPORT_OK, "directory", "%s: "
		    "writing, syncing (%.1f ms) and locking work", directory,
		    (double)sync_us / 1000);
	}
	if (fd >= 0)
		(void)close(fd);
}

/* ------------------------------------------------------------------------ */

static void
check_modes(struct doctor *doctor, const char *directory,
    const struct stat *around)
{
	const bool all = (around->st_mode & S_IWOTH) != 0;
	struct stat journal;

	if ((around->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		report_add(doctor->report, all ? REPORT_FAILURE :
		    REPORT_WARNING, "modes", "%s: its mode %04o lets %s "
		    "replace the journal", directory,
		    (unsigned)(around->st_mode & 07777), all ? "everybody" :
		    "its group");
		report_mend(doctor->report, "Run chmod 700 %s.", directory);
	}
	if (stat(doctor->journal, &journal) != 0)
		return;
	if (journal.st_uid != around->st_uid && around->st_uid != 0) {
		report_add(doctor->report, REPORT_WARNING, "owners",
		    "%s belongs to another user than its directory",
		    doctor->journal);
		report_mend(doctor->report, "Run chown %s %s, if that is the "
		    "user that the responder runs as.",
		    doctor_user(around->st_uid), doctor->journal);
	}
	if ((journal.st_mode & 0077) != 0) {
		report_add(doctor->report, REPORT_WARNING, "modes", "%s: its "
		    "mode %04o lets others look at it or change it",
		    doctor->journal, (unsigned)(journal.st_mode & 07777));
		report_mend(doctor->report, "Run chmod 600 %s, unless others "
		    "are to read it.", doctor->journal);
	}
}

static void
check_filesystem(struct doctor *doctor, const char *directory)
{
	switch (file_place(doctor->journal)) {
	case FILE_IN_MEMORY:
		report_add(doctor->report, REPORT_FAILURE, "filesystem",
		    "%s is in memory: all is gone with the next start of the "
		    "machine", directory);
		report_mend(doctor->report, "Put the journal on a disk: path "
		    "under [journal].");
		break;
	case FILE_LAYER:
		report_add(doctor->report, REPORT_WARNING, "filesystem",
		    "%s is on a container's own layer, that may be gone with "
		    "the container", directory);
		report_mend(doctor->report, "Put the journal on a volume, "
		    "unless this one is kept.");
		break;
	case FILE_NETWORK:
		report_add(doctor->report, REPORT_WARNING, "filesystem", "%s "
		    "is on a network file system: only one host may write "
		    "there, and only in the mode truncate", directory);
		report_mend(doctor->report, "Put the journal on a local disk, "
		    "if there is one.");
		break;
	case FILE_LOCAL:
	case N_FILE_PLACES:
		report_add(doctor->report, REPORT_OK, "filesystem",
		    "%s is on a local file system", directory);
		break;
	}
}

/* Given back, it is a trouble of now, whatever is free meanwhile. */
static void
check_reserve(struct doctor *doctor)
{
	char *path = NULL;

	if (reserve_path(doctor->journal, &path, NULL) != RC_OK) {
		doctor->report->is_out_of_memory = true;
		return;
	}
	if (reserve_is_given_back(path)) {
		report_add(doctor->report, REPORT_FAILURE, "reserve", "%s was "
		    "given back: the disk or a quota was full at the last "
		    "delivery, and deliveries are answered 503", path);
		report_mend(doctor->report, "Make room, 5 MiB at least: with "
		    "the next delivery it is made again.");
	}
	free(path);
}

static void
check_room(struct doctor *doctor, const char *directory)
{
	struct statvfs status;
	uint64_t room;

	if (statvfs(directory, &status) != 0)
		return;
	room = (uint64_t)status.f_bavail * status.f_frsize;
	report_add(doctor->report, room < ROOM_LEAST ? REPORT_FAILURE :
	    room < ROOM_LITTLE ? REPORT_WARNING : REPORT_OK, "free_space",
	    "%llu MiB are free; a quota is not seen",
	    (unsigned long long)(room >> 20));
	if (room < ROOM_LITTLE)
		report_mend(doctor->report, "Make room: when the disk is full "
		    "deliveries are refused, and Twilio sends each six times "
		    "at most.");
	check_reserve(doctor);
}

void
check_place(struct doctor *doctor)
{
	char *directory;
	struct stat around;

	if (doctor->journal == NULL)
		return;
	directory = doctor_directory(doctor->journal);
	if (directory == NULL) {
		doctor->report->is_out_of_memory = true;
		return;
	}
	if (stat(directory, &around) != 0) {
		report_add(doctor->report, REPORT_FAILURE, "directory",
		    "%s: %s", directory, strerror(errno));
		report_mend(doctor->report, "Make it, with mode 700, for the "
		    "user that the responder runs as.");
	} else {
		check_modes(doctor, directory, &around);
		sweep(directory);
		check_probe(doctor, directory);
		check_filesystem(doctor, directory);
		check_room(doctor, directory);
	}
	free(directory);
}
