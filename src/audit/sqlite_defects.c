#include "audit/sqlite_defects.h"

#include <stddef.h>
#include <stdint.h>

#include "twilio/number.h"

#define V SQLITE_VERSION_OF
#define CHANGES "https://sqlite.org/changes.html"

static const struct sqlite_defect defects[] = {
	{
		.name = "wal_reset",
		.range = "3.7.0 to 3.51.2, but 3.44.6 and 3.50.7",
		.harm = "a checkpoint that races a writer can lose a commit",
		.avoided = "our programs take turns at both, a shell that "
		    "writes or another program that makes checkpoints does "
		    "not",
		.source = "https://sqlite.org/wal.html#walresetbug",
		.first = V(7, 0),
		.last = V(51, 2),
		.mended = { { V(44, 6), V(45, 0) }, { V(50, 7), V(51, 0) } },
	},
	{
		.name = "wal_checksum",
		.range = "3.7.0 to 3.50.1",
		.harm = "a savepoint that is rolled back in a transaction "
		    "larger than the cache can leave frames in the WAL that do "
		    "not survive a loss of power",
		.avoided = "what our programs do after a savepoint fits into "
		    "their cache",
		.source = CHANGES "#version_3_50_2",
		.first = V(7, 0),
		.last = V(50, 1),
	},
	{
		.name = "drop_column",
		.range = "3.35.0 to 3.35.4",
		.harm = "ALTER TABLE DROP COLUMN can damage the file",
		.avoided = "our programs drop none",
		.source = CHANGES "#version_3_35_5",
		.first = V(35, 0),
		.last = V(35, 4),
	},
	{
		.name = "bloom_filter",
		.range = "3.38.0 to 3.38.2",
		.harm = "rows can be missing from the answers of joins",
		.source = CHANGES "#version_3_38_3",
		.first = V(38, 0),
		.last = V(38, 2),
	},
	{
		.name = "exists_to_join",
		.range = "3.51.0 and 3.51.1",
		.harm = "answers of queries with EXISTS can be wrong",
		.source = CHANGES "#version_3_51_2",
		.first = V(51, 0),
		.last = V(51, 1),
	},
};

#define N_DEFECTS (sizeof(defects) / sizeof(defects[0]))

int
sqlite_version_number(struct slice text)
{
	int64_t part[3] = { 0, 0, 0 };
	size_t n = 0, begin = 0, i;

	for (i = 0; i <= text.len; i++) {
		if (i < text.len && text.p[i] != '.')
			continue;
		if (n == 3 || !number_parse((struct slice){ text.p + begin,
		    i - begin }, 10, &part[n]) || part[n] > 999)
			return 0;
		n++;
		begin = i + 1;
	}
	return n < 3 ? 0 : (int)(part[0] * 1000000 + part[1] * 1000 + part[2]);
}

static bool
has(const struct sqlite_defect *defect, int version)
{
	if (version < defect->first || version > defect->last)
		return false;
	for (size_t i = 0; i < 2; i++) {
		if (version >= defect->mended[i].from &&
		    version < defect->mended[i].below)
			return false;
	}
	return true;
}

const struct sqlite_defect *
sqlite_defects_next(int version, const struct sqlite_defect *after)
{
	size_t i = after == NULL ? 0 : (size_t)(after - defects) + 1;

	while (i < N_DEFECTS && !has(&defects[i], version))
		i++;
	return i < N_DEFECTS ? &defects[i] : NULL;
}
