/* Run a fuzz target on files: for machines without a fuzzing engine, and in
 * "make check". */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

/* The largest input, as libFuzzer's -max_len is for tests/torture/fuzz. */
#define INPUT_MAX 65536

static int
run(const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	uint8_t *input;
	size_t len;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	len = fread(bytes, 1, sizeof(bytes), file);
	if (ferror(file) || fclose(file) != 0) {
		perror(path);
		return 1;
	}
	/* An input that ends the process must be known by name. */
	fprintf(stderr, "%s\n", path);
	input = (uint8_t *)fuzz_copy((struct slice){ (char *)bytes, len });
	(void)LLVMFuzzerTestOneInput(input, len);
	free(input);
	return 0;
}

int
main(int argc, char **argv)
{
	int failed = 0, i;

	for (i = 1; i < argc; i++)
		failed |= run(argv[i]);
	printf("%d inputs\n", argc - 1);
	return failed;
}
