#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/file.h"

static char directory[64];
static pid_t directory_of;

_Noreturn void
fuzz_broken(const char *file, int line, const char *promise)
{
	fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
	abort();
}

bool
fuzz_same(struct slice a, struct slice b)
{
	return (a.p == NULL) == (b.p == NULL) && a.len == b.len &&
	    (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
fuzz_holds(struct slice bytes, const char *text)
{
	return bytes.len > 0 &&
	    memmem(bytes.p, bytes.len, text, strlen(text)) != NULL;
}

unsigned int
input_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->p++;
}

unsigned int
input_below(struct input *input, unsigned int n)
{
	return input_byte(input) % n;
}

struct slice
input_rest(struct input *input)
{
	const struct slice rest = {
		input->left == 0 ? "" : (const char *)input->p, input->left };

	input->p += input->left;
	input->left = 0;
	return rest;
}

struct slice
input_line(struct input *input)
{
	const uint8_t *end = input->left == 0 ? NULL :
	    memchr(input->p, '\n', input->left);
	struct slice line;

	if (end == NULL)
		return input_rest(input);
	line.p = (const char *)input->p;
	line.len = (size_t)(end - input->p);
	input->left -= line.len + 1;
	input->p = end + 1;
	return line;
}

char *
fuzz_copy(struct slice bytes)
{
	char *copy = malloc(bytes.len + (bytes.len == 0));

	MUST(copy != NULL);
	if (bytes.len > 0)
		memcpy(copy, bytes.p, bytes.len);
	return copy;
}

char *
fuzz_text(struct slice bytes)
{
	char *text = malloc(bytes.len + 1);
	size_t len = 0, i;

	MUST(text != NULL);
	for (i = 0; i < bytes.len; i++) {
		if (bytes.p[i] != '\0')
			text[len++] = bytes.p[i];
	}
	text[len] = '\0';
	return text;
}

static int
remove_one(const char *path, const struct stat *status, int type,
    struct FTW *ftw)
{
	(void)status;
	(void)type;
	if (ftw->level > 0)
		(void)remove(path);
	return 0;
}

void
fuzz_empty_directory(void)
{
	if (directory_of == getpid())
		(void)nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
remove_directory(void)
{
	fuzz_empty_directory();
	if (directory_of == getpid())
		(void)rmdir(directory);
}

const char *
fuzz_directory(void)
{
	const char *tmp = getenv("TMPDIR");

	if (directory_of == getpid())
		return directory;
	if (tmp == NULL || *tmp != '/' || strlen(tmp) > 32)
		tmp = "/tmp";
	snprintf(directory, sizeof(directory), "%s/x", tmp);
	if (file_place(directory) == FILE_IN_MEMORY)
		tmp = "/var/tmp";
	snprintf(directory, sizeof(directory), "%s/syncjournal-fuzz.XXXXXX",
	    tmp);
	MUST(mkdtemp(directory) != NULL);
	directory_of = getpid();
	MUST(atexit(remove_directory) == 0);
	return directory;
}
