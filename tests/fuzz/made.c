#include "made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "twilio/params.h"
#include "twilio/signature.h"

static const char *const usual[][2] = {
	{ "REQUEST_METHOD", "POST" },
	{ "REQUEST_URI", "/sync" },
	{ "HTTP_HOST", MADE_HOST },
	{ "REQUEST_SCHEME", "https" },
	{ "CONTENT_TYPE", "application/x-www-form-urlencoded" },
	{ "HTTP_X_TWILIO_SIGNATURE", "%s" },
	{ "HTTP_I_TWILIO_IDEMPOTENCY_TOKEN", "token-1" },
	{ "REMOTE_ADDR", "192.0.2.1" },
	{ "GATEWAY_INTERFACE", "CGI/1.1" },
};
#define N_USUAL (sizeof(usual) / sizeof(usual[0]))

struct inserts {
	char signature[SIGNATURE_LEN + 1];
	char hash[DIGEST_HEX_SIZE];
};

static void
sign(const struct made *made, struct inserts *inserts)
{
	const char *const token = made->wrong ? "not ours" :
	    made->any ? MADE_TOKEN_ANY : MADE_TOKEN;
	struct signing_key *key = NULL;
	uint8_t digest[DIGEST_SIZE];
	struct params params;
	struct buf url;

	digest_sha256(made->body, digest);
	digest_hex(digest, sizeof(digest), inserts->hash);
	buf_init(&url, 0);
	buf_add_text(&url, MADE_URL);
	if (made->json)
		buf_printf(&url, "?bodySHA256=%s", inserts->hash);
	params_init(&params);
	if (!made->json)
		MUST(params_from_form(&params, made->body, NULL) == RC_OK);
	params_sort(&params);
	MUST(signing_key_new(&key, slice_of(token), NULL) == RC_OK);
	signature_make(key, buf_slice(&url), made->json ? NULL : &params,
	    inserts->signature);
	signing_key_free(key);
	params_clear(&params);
	buf_clear(&url);
}

/* A variable with what stands for %s and %h; a NUL ends it. */
static void
put(struct made *made, struct slice text, const struct inserts *inserts)
{
	struct buf variable;
	size_t i;

	if (made->n == MADE_VARIABLES)
		return;
	buf_init(&variable, 0);
	for (i = 0; i < text.len && text.p[i] != '\0'; i++) {
		const char next = i + 1 < text.len ? text.p[i + 1] : '\0';

		if (text.p[i] == '%' && (next == 's' || next == 'h')) {
			buf_add_text(&variable, next == 's' ?
			    inserts->signature : inserts->hash);
			i++;
		} else {
			buf_add_char(&variable, text.p[i]);
		}
	}
	made->envp[made->n] = fuzz_copy((struct slice){
	    buf_slice(&variable).p, variable.len + 1 });
	made->envp[made->n][variable.len] = '\0';
	made->n++;
	buf_clear(&variable);
}

static size_t
name_len(struct slice text)
{
	const char *const end = text.len == 0 ? NULL :
	    memchr(text.p, '=', text.len);

	return end == NULL ? text.len : (size_t)(end - text.p);
}

static void
take_out(struct made *made, struct slice name)
{
	size_t i, kept = 0;

	for (i = 0; i < made->n; i++) {
		const struct slice have = slice_of(made->envp[i]);

		if (name_len(have) == name.len &&
		    memcmp(have.p, name.p, name.len) == 0)
			free(made->envp[i]);
		else
			made->envp[kept++] = made->envp[i];
	}
	made->n = kept;
}

static void
change(struct made *made, struct slice line, const struct inserts *inserts)
{
	const bool second = *line.p == '+';
	struct slice name;

	made->usual = false;
	if (second) {
		line.p++;
		line.len--;
	}
	name = (struct slice){ line.p, name_len(line) };
	if (!second)
		take_out(made, name);
	if (name.len > 0 && name.len < line.len)
		put(made, line, inserts);
}

static void
letters(struct made *made, struct slice line)
{
	size_t i;

	for (i = 0; i < line.len; i++) {
		made->json = made->json || line.p[i] == 'j';
		made->wrong = made->wrong || line.p[i] == 'w';
		made->any = made->any || line.p[i] == 'a';
		made->cgi = made->cgi || line.p[i] == 'c';
		made->torn = made->torn || line.p[i] == 't';
		made->url_free = made->url_free || line.p[i] == 'u';
	}
}

static void
put_usual(struct made *made, const struct inserts *inserts)
{
	char text[128];
	size_t i;

	for (i = 0; i < N_USUAL; i++) {
		const char *value = usual[i][1];

		if (made->json && strcmp(usual[i][0], "REQUEST_URI") == 0)
			value = "/sync?bodySHA256=%h";
		if (made->json && strcmp(usual[i][0], "CONTENT_TYPE") == 0)
			value = "application/json";
		snprintf(text, sizeof(text), "%s=%s", usual[i][0], value);
		put(made, slice_of(text), inserts);
	}
	snprintf(text, sizeof(text), "CONTENT_LENGTH=%zu", made->body.len);
	put(made, slice_of(text), inserts);
}

void
made_init(struct made *made, struct input *input)
{
	struct inserts inserts;
	struct input lines;
	struct slice line;

	*made = (struct made){ .usual = true };
	letters(made, input_line(input));
	/* Twice: the body is signed before the changes can be made. */
	lines = *input;
	while (input->left > 0 && input_line(input).len > 0)
		continue;
	made->body = input_rest(input);
	sign(made, &inserts);
	put_usual(made, &inserts);
	for (line = input_line(&lines); line.len > 0;
	    line = input_line(&lines))
		change(made, line, &inserts);
	made->envp[made->n] = NULL;
}

void
made_clear(struct made *made)
{
	while (made->n > 0)
		free(made->envp[--made->n]);
}
