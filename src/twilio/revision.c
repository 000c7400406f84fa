#include "twilio/revision.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "twilio/number.h"

static const char *const evidence_names[N_BASE_EVIDENCE] = {
	[EVIDENCE_NONE] = NULL,
	[EVIDENCE_LETTER] = "letter",
	[EVIDENCE_HEX] = "hexadecimal",
	[EVIDENCE_DECIMAL] = "decimal",
	[EVIDENCE_NEITHER] = "neither",
};

static const char *const reason_names[N_BASE_REASONS] = {
	[BASE_ASSUMED] = "assumed",
	[BASE_CONFIGURED] = "configured",
	[BASE_BY_LETTER] = "letter",
	[BASE_BY_EVENT_IDS] = "event_ids",
};

const char *
base_evidence_name(enum base_evidence evidence)
{
	assert(evidence < N_BASE_EVIDENCE);
	return evidence_names[evidence];
}

const char *
base_reason_name(enum base_reason reason)
{
	assert(reason < N_BASE_REASONS);
	return reason_names[reason];
}

/* Usable as a hexadecimal number, and not all digits. */
static bool
has_letter(const struct event *event, enum field field)
{
	const struct slice text = event->field[field];
	int64_t number;
	size_t i;

	if (event->rule->param[field] == NULL ||
	    !number_parse(text, 16, &number))
		return false;
	for (i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return true;
	}
	return false;
}

enum base_evidence
revision_evidence(const struct event *event)
{
	const struct slice text = event->field[FIELD_ITEM_REVISION];
	int64_t decimal, hex;
	bool is_decimal, is_hex;

	if (has_letter(event, FIELD_REVISION) ||
	    has_letter(event, FIELD_ITEM_REVISION))
		return EVIDENCE_LETTER;
	if (event->rule->param[FIELD_ITEM_REVISION] == NULL ||
	    !event->has_event_id || !number_parse(text, 10, &decimal))
		return EVIDENCE_NONE;
	is_decimal = decimal == event->event_id;
	is_hex = number_parse(text, 16, &hex) && hex == event->event_id;
	if (is_decimal && is_hex)
		return EVIDENCE_NONE;
	if (is_decimal)
		return EVIDENCE_DECIMAL;
	return is_hex ? EVIDENCE_HEX : EVIDENCE_NEITHER;
}

struct revision_base
revision_decide(const int n[N_BASE_EVIDENCE])
{
	const bool clear = n[EVIDENCE_NEITHER] == 0;

	if (n[EVIDENCE_LETTER] > 0)
		return (struct revision_base){ 16, BASE_BY_LETTER };
	if (clear && n[EVIDENCE_HEX] >= REVISION_IDS_ENOUGH &&
	    n[EVIDENCE_DECIMAL] == 0)
		return (struct revision_base){ 16, BASE_BY_EVENT_IDS };
	if (clear && n[EVIDENCE_DECIMAL] >= REVISION_IDS_ENOUGH &&
	    n[EVIDENCE_HEX] == 0)
		return (struct revision_base){ 10, BASE_BY_EVENT_IDS };
	return (struct revision_base){ 10, BASE_ASSUMED };
}
