/*
 * manifest -- what whoever receives an export can check it by.
 */
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "cli/reading.h"
#include "cli/whole.h"

/* What was written. */
struct manifest {
	const char *format;		/* "ndjson" or "csv" */
	int64_t after, up_to;		/* positions that were asked for */
	int64_t events;
	int64_t first, last;		/* positions; of no event: 0 */
	int64_t bytes;
	uint8_t sha256[DIGEST_SIZE];	/* of all bytes */
	bool rejudged;			/* verdicts were computed anew while it
					 * was written */
};

/*
 * manifest_write -- one JSON object: what is in *manifest, which journal and
 * versions, when, whether the journal's WAL could be seen, and the gaps that were
 * open at up_to, though what came later may have filled them: the export has
 * holes there.
 *
 * file  begun with whole_begin; is there when it is whole
 *
 * Reads the journal in a transaction of its own. Codes of whole_keep and of
 * reading.
 */
enum rc manifest_write(struct reading *reading,
    const struct manifest *manifest, struct whole *file, struct err *err);

#endif
