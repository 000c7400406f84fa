#include "journal/decode.h"

#include <stdlib.h>

#include "base/text.h"
#include "journal/db.h"
#include "journal/members.h"
#include "twilio/params.h"

struct decoder {
	struct db *json;	/* in memory, to read JSON; NULL until then */
	struct params params;
	struct event event;
};

enum rc
decoder_new(struct decoder **decoder, struct err *err)
{
	*decoder = calloc(1, sizeof(**decoder));
	if (*decoder == NULL)
		return err_set(err, RC_MEMORY, "decoder: no memory");
	params_init(&(*decoder)->params);
	event_init(&(*decoder)->event);
	return RC_OK;
}

void
decoder_free(struct decoder *decoder)
{
	if (decoder == NULL)
		return;
	db_close(decoder->json);
	params_clear(&decoder->params);
	event_clear(&decoder->event);
	free(decoder);
}

const char *
decode_problem(enum rc rc)
{
	if (rc == RC_OK)
		return NULL;
	return rc == RC_SYNTAX ? "body: not a JSON object" :
	    "body: this build of SQLite cannot read JSON";
}

static enum rc
read_json(struct decoder *decoder, struct slice body, const char **problem,
    struct err *err)
{
	enum rc rc = RC_OK;

	if (decoder->json == NULL)
		rc = db_open(&decoder->json, ":memory:", DB_WRITE, err);
	if (rc == RC_OK)
		rc = members_read(decoder->json, body, &decoder->params, err);
	if (rc == RC_MEMORY)
		return rc;
	if (rc != RC_OK)
		params_reset(&decoder->params);
	*problem = decode_problem(rc);
	return RC_OK;
}

enum rc
decoder_read(struct decoder *decoder, struct slice content_type,
    struct slice body, struct event **event, struct err *err)
{
	const char *problem = NULL;
	enum rc rc;

	if (text_is_media(content_type, JSON_TYPE))
		rc = read_json(decoder, body, &problem, err);
	else
		rc = params_from_form(&decoder->params, body, err);
	if (rc != RC_OK)
		return rc;
	params_sort(&decoder->params);
	rc = event_decode(&decoder->event, &decoder->params, problem, err);
	if (rc == RC_OK)
		*event = &decoder->event;
	return rc;
}
