/*
 * fuzz -- what the fuzz targets share.
 *
 * A target is one function that is given any bytes and ends the process where a
 * promise is broken. It is linked with an engine ($LIB_FUZZING_ENGINE) or with
 * standalone.c, which runs the files that it is given. Each input is judged
 * alone: what one leaves behind changes nothing for the next.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* The target: always returns 0, as libFuzzer wants it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* MUST -- a promise; NDEBUG does not take it away. */
#define MUST(promise) \
	((promise) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #promise))

/* fuzz_broken -- say what, and abort. */
_Noreturn void fuzz_broken(const char *file, int line, const char *promise);

/* fuzz_same -- whether these are the same bytes; no value is no empty one. */
bool fuzz_same(struct slice a, struct slice b);

/* fuzz_holds -- whether a text is in some bytes. */
bool fuzz_holds(struct slice bytes, const char *text);

/* An input that is taken to pieces from its beginning. */
struct input {
	const uint8_t *p;
	size_t left;
};

/* input_byte, input_below -- the next byte, or what it is below n (n <= 256, n
 * not 0); 0 once there is none. */
unsigned int input_byte(struct input *input);
unsigned int input_below(struct input *input, unsigned int n);

/* input_line -- what precedes the next '\n', which is taken too; all that is
 * left where there is none. Never without a value. */
struct slice input_line(struct input *input);

/* input_rest -- all that is left. Never without a value. */
struct slice input_rest(struct input *input);

/* fuzz_copy -- the bytes at the end of memory of their own, so that a sanitizer
 * sees one read too many; freed by the caller. */
char *fuzz_copy(struct slice bytes);

/* fuzz_text -- the same with a NUL that ends it, and none before. */
char *fuzz_text(struct slice bytes);

/* fuzz_directory -- a directory of this process, made when it is first asked
 * for, not in memory, and removed with all that is in it when the process
 * ends. */
const char *fuzz_directory(void);

/* fuzz_empty_directory -- remove what is in it. */
void fuzz_empty_directory(void);

#endif
