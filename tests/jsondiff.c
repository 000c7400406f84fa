/*
 * jsondiff -- the patch that patch_write() makes, for tests/test_json_patch.py:
 * of each pair of lines on standard input, A and B, one line on standard
 * output.
 *
 *     jsondiff <pairs
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "json/diff.h"
#include "json/json.h"
#include "json/patch.h"

/* Far above any patch of the tests. */
#define PATCH_MOST (64 * 1024 * 1024)

static enum rc
write_patch(struct slice line_a, struct slice line_b, struct err *err)
{
	struct json *a = NULL;
	struct json *b = NULL;
	struct diff *diff = NULL;
	struct buf patch;
	enum rc rc;

	buf_init(&patch, PATCH_MOST);
	rc = json_parse(&a, line_a, err);
	if (rc == RC_OK)
		rc = json_parse(&b, line_b, err);
	if (rc == RC_OK)
		rc = diff_new(&diff, a, b, err);
	if (rc == RC_OK) {
		patch_write(&patch, diff);
		buf_add_char(&patch, '\n');
		if (!buf_ok(&patch) || fwrite(patch.data, 1, patch.len,
		    stdout) != patch.len)
			rc = err_set(err, RC_SYSTEM, "cannot write a patch");
	}
	buf_clear(&patch);
	diff_free(diff);
	json_free(b);
	json_free(a);
	return rc;
}

int
main(void)
{
	char *a = NULL;
	char *b = NULL;
	size_t size_a = 0;
	size_t size_b = 0;
	ssize_t len_a, len_b;
	struct err err = { "" };
	enum rc rc = RC_OK;

	while (rc == RC_OK && (len_a = getline(&a, &size_a, stdin)) > 0) {
		len_b = getline(&b, &size_b, stdin);
		if (len_b > 0)
			rc = write_patch((struct slice){ a, (size_t)len_a },
			    (struct slice){ b, (size_t)len_b }, &err);
		else
			rc = err_set(&err, RC_USAGE, "a line without another");
	}
	free(a);
	free(b);
	if (rc == RC_OK && fflush(stdout) != 0)
		rc = err_set(&err, RC_SYSTEM, "cannot write");
	if (rc != RC_OK)
		fprintf(stderr, "jsondiff: %s\n", err.text);
	return rc == RC_OK ? 0 : 1;
}
