/* The model's reading of one delivery, and the base of a service. */
#include "model.h"

#include <string.h>

enum stream_kind
model_kind(enum event_type type)
{
	switch (type) {
	case EVENT_DOCUMENT_CREATED:
	case EVENT_DOCUMENT_UPDATED:
	case EVENT_DOCUMENT_REMOVED:
		return STREAM_DOCUMENT;
	case EVENT_LIST_CREATED:
	case EVENT_LIST_REMOVED:
	case EVENT_LIST_ITEM_ADDED:
	case EVENT_LIST_ITEM_UPDATED:
	case EVENT_LIST_ITEM_REMOVED:
		return STREAM_LIST;
	case EVENT_MAP_CREATED:
	case EVENT_MAP_REMOVED:
	case EVENT_MAP_ITEM_ADDED:
	case EVENT_MAP_ITEM_UPDATED:
	case EVENT_MAP_ITEM_REMOVED:
		return STREAM_MAP;
	case EVENT_ENDPOINT_CONNECTED:
	case EVENT_ENDPOINT_DISCONNECTED:
		return STREAM_IDENTITY;
	case EVENT_UNKNOWN:
	case EVENT_TEST:
	case N_EVENT_TYPES:
		break;
	}
	return STREAM_NONE;
}

bool
model_is_item_event(enum event_type type)
{
	return type == EVENT_LIST_ITEM_ADDED ||
	    type == EVENT_LIST_ITEM_UPDATED ||
	    type == EVENT_LIST_ITEM_REMOVED ||
	    type == EVENT_MAP_ITEM_ADDED ||
	    type == EVENT_MAP_ITEM_UPDATED ||
	    type == EVENT_MAP_ITEM_REMOVED;
}

bool
model_is_removal(enum event_type type)
{
	return type == EVENT_DOCUMENT_REMOVED || type == EVENT_LIST_REMOVED ||
	    type == EVENT_MAP_REMOVED || type == EVENT_LIST_ITEM_REMOVED ||
	    type == EVENT_MAP_ITEM_REMOVED ||
	    type == EVENT_ENDPOINT_DISCONNECTED;
}

bool
model_is_creation(enum event_type type)
{
	return type == EVENT_DOCUMENT_CREATED || type == EVENT_LIST_CREATED ||
	    type == EVENT_MAP_CREATED;
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a == b || strcmp(a, b) == 0;
}

static const char *
text_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static const char *
not_empty(const char *text)
{
	return text == NULL || *text == '\0' ? NULL : text;
}

static enum stream_kind
kind_of(const struct model_step *step)
{
	return step->op == MODEL_CLOSE ? step->kind : model_kind(step->type);
}

const char *
model_key(const struct model_step *step)
{
	switch (kind_of(step)) {
	case STREAM_DOCUMENT:
	case STREAM_LIST:
	case STREAM_MAP:
		return not_empty(step->field[FIELD_OBJECT_SID]);
	case STREAM_IDENTITY:
		return not_empty(step->field[FIELD_IDENTITY]);
	case STREAM_NONE:
	case N_STREAM_KINDS:
		break;
	}
	return NULL;
}

bool
model_same_service(const struct model_step *a, const struct model_step *b)
{
	return same_text(text_or_empty(a->field[FIELD_ACCOUNT_SID]),
	    text_or_empty(b->field[FIELD_ACCOUNT_SID])) &&
	    same_text(text_or_empty(a->field[FIELD_SERVICE_SID]),
	    text_or_empty(b->field[FIELD_SERVICE_SID]));
}

bool
model_same_stream(const struct model_step *a, const struct model_step *b)
{
	return kind_of(a) == kind_of(b) && model_key(a) != NULL &&
	    same_text(model_key(a), model_key(b)) && model_same_service(a, b);
}

bool
model_same_content(const struct model_step *a, const struct model_step *b)
{
	enum field field;

	if (a->type != b->type)
		return false;
	for (field = 0; field < N_FIELDS; field++) {
		if (field != FIELD_DATE_CREATED &&
		    !same_text(a->field[field], b->field[field]))
			return false;
	}
	return true;
}

/* What a digit is worth; 16 for what is none. */
static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool
model_usable(const char *text, int base, int64_t *number)
{
	int64_t value = 0;

	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		const int digit = digit_of(*text);

		if (digit >= base || value > (INT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*number = value;
	return true;
}

const char *
model_revision(const struct model_step *step)
{
	enum stream_kind kind = model_kind(step->type);

	if (kind != STREAM_DOCUMENT && kind != STREAM_LIST &&
	    kind != STREAM_MAP)
		return NULL;
	return not_empty(step->field[FIELD_REVISION]);
}

const char *
model_item_revision(const struct model_step *step)
{
	if (!model_is_item_event(step->type))
		return NULL;
	return not_empty(step->field[FIELD_ITEM_REVISION]);
}

const char *
model_item_of(const struct model_step *step)
{
	/* A key or index may be anything, an EndpointId that is empty is
	 * none. */
	if (model_is_item_event(step->type))
		return step->field[FIELD_ITEM];
	if (model_kind(step->type) == STREAM_IDENTITY)
		return not_empty(step->field[FIELD_ENDPOINT_ID]);
	return NULL;
}

bool
model_number_of(const struct model_step *step, int base, int64_t *number)
{
	if (model_kind(step->type) == STREAM_DOCUMENT)
		return model_usable(step->field[FIELD_REVISION], base,
		    number);
	if (model_is_item_event(step->type) ||
	    model_kind(step->type) == STREAM_IDENTITY)
		return model_usable(step->field[FIELD_EVENT_ID], 10, number);
	return false;
}

/* --- Revision base ------------------------------------------------------ */

/* "a letter, in a revision that is a usable hexadecimal number" */
static bool
has_letter(const char *text)
{
	int64_t number;

	return model_usable(text, 16, &number) &&
	    strpbrk(text, "abcdefABCDEF") != NULL;
}

/* Whether ItemRevision equals EventId in this base. */
static bool
equals_in(const struct model_step *step, int base)
{
	int64_t id, revision;

	return model_usable(step->field[FIELD_EVENT_ID], 10, &id) &&
	    model_usable(model_item_revision(step), base, &revision) &&
	    id == revision;
}

/* "item events whose ItemRevision equals EventId in one base only, .. of 10
 * or more" */
static bool
supports(const struct model_step *step, int base)
{
	int64_t id;

	return model_is_item_event(step->type) &&
	    model_usable(step->field[FIELD_EVENT_ID], 10, &id) && id >= 10 &&
	    equals_in(step, base) && !equals_in(step, base == 10 ? 16 : 10);
}

/* "an item event, with a usable EventId and an ItemRevision that is a usable
 * decimal number, whose ItemRevision equals EventId in the other base only, or
 * in neither" */
static bool
contradicts(const struct model_step *step, int base)
{
	int64_t number;

	return model_is_item_event(step->type) &&
	    model_usable(step->field[FIELD_EVENT_ID], 10, &number) &&
	    model_usable(model_item_revision(step), 10, &number) &&
	    !equals_in(step, base);
}

static bool
is_of_service(const struct model_step *step, const struct model_step *of)
{
	return step->op == MODEL_DELIVERY && model_same_service(step, of);
}

/* "from at least three distinct EventIds .. with none to the contrary" */
static bool
event_ids_say(const struct model *model, const struct model_step *of, int base)
{
	int64_t ids[MODEL_STEPS], id = 0;
	size_t i, k, n = 0;

	for (i = 0; i < model->n; i++) {
		if (!is_of_service(&model->steps[i], of))
			continue;
		if (contradicts(&model->steps[i], base))
			return false;
		if (!supports(&model->steps[i], base))
			continue;
		model_usable(model->steps[i].field[FIELD_EVENT_ID], 10, &id);
		for (k = 0; k < n && ids[k] != id; k++)
			continue;
		ids[k] = id;
		n = k == n ? n + 1 : n;
	}
	return n >= 3;
}

static const char *
setting_in_effect(const struct model *model, const struct model_step *of)
{
	const char *value = "auto";
	size_t i;

	for (i = 0; i < model->n; i++) {
		if (model->steps[i].op == MODEL_SETTING &&
		    same_text(model->steps[i].field[FIELD_SERVICE_SID],
		    text_or_empty(of->field[FIELD_SERVICE_SID])))
			value = model->steps[i].value;
	}
	return value;
}

struct model_base
model_base(const struct model *model, const struct model_step *of)
{
	const char *value = setting_in_effect(model, of);
	size_t i;

	if (strcmp(value, "auto") != 0)
		return (struct model_base){ strcmp(value, "hex") == 0 ? 16 :
		    10, BASE_CONFIGURED };
	for (i = 0; i < model->n; i++) {
		if (is_of_service(&model->steps[i], of) &&
		    (has_letter(model_revision(&model->steps[i])) ||
		    has_letter(model_item_revision(&model->steps[i]))))
			return (struct model_base){ 16, BASE_BY_LETTER };
	}
	if (event_ids_say(model, of, 16))
		return (struct model_base){ 16, BASE_BY_EVENT_IDS };
	if (event_ids_say(model, of, 10))
		return (struct model_base){ 10, BASE_BY_EVENT_IDS };
	return (struct model_base){ 10, BASE_ASSUMED };
}
