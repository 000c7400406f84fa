/* Numbers, revisions and SIDs: as strtoull reads what consists of digits, and
 * the evidence of a base as docs/design.md section 2 says it.
 *
 * An input is lines: EventId, ItemRevision, MapRevision, a header's value, then
 * a text that may be a SID. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_parts.h"
#include "fuzz.h"
#include "twilio/likeness.h"
#include "twilio/number.h"
#include "twilio/revision.h"
#include "twilio/sid.h"
#include "twilio/signature.h"

/* A usable number, by the C library. */
static bool
plain_number(struct slice text, int base, int64_t *number)
{
	char *const digits = fuzz_text(text);
	unsigned long long value;
	bool good = text.len > 0 && strlen(digits) == text.len;
	size_t i;

	for (i = 0; good && i < text.len; i++)
		good = base == 10 ? isdigit((unsigned char)text.p[i]) != 0 :
		    isxdigit((unsigned char)text.p[i]) != 0;
	errno = 0;
	value = good ? strtoull(digits, NULL, base) : 0;
	good = good && errno == 0 && value <= INT64_MAX;
	if (good)
		*number = (int64_t)value;
	free(digits);
	return good;
}

static void
check_number(struct slice text, int base)
{
	int64_t have = -7, want = -7;

	MUST(number_parse(text, base, &have) ==
	    plain_number(text, base, &want));
	MUST(have == want);
}

static bool
plain_sid(struct slice sid, const char *prefix)
{
	size_t i;

	if (sid.len != 34 || memcmp(sid.p, prefix, 2) != 0)
		return false;
	for (i = 2; i < sid.len; i++) {
		if (!isxdigit((unsigned char)sid.p[i]))
			return false;
	}
	return true;
}

static bool
has_letter(struct slice text)
{
	int64_t number;

	return plain_number(text, 16, &number) &&
	    !plain_number(text, 10, &number);
}

/* Of a map_item_updated. */
static enum base_evidence
plain_evidence(struct slice event_id, struct slice item_revision,
    struct slice revision)
{
	int64_t id = -1, dec = -2, hex = -2;
	const bool has_id = plain_number(event_id, 10, &id);

	if (has_letter(item_revision) || has_letter(revision))
		return EVIDENCE_LETTER;
	if (!has_id || !plain_number(item_revision, 10, &dec))
		return EVIDENCE_NONE;
	(void)plain_number(item_revision, 16, &hex);
	if (dec == id)
		return hex == id ? EVIDENCE_NONE : EVIDENCE_DECIMAL;
	return hex == id ? EVIDENCE_HEX : EVIDENCE_NEITHER;
}

static void
decode(struct event *event, struct params *params,
    const struct param *list, size_t n)
{
	MUST(params_set(params, list, n, NULL) == RC_OK);
	params_sort(params);
	MUST(event_decode(event, params, NULL, NULL) == RC_OK);
}

static void
check_revisions(const struct event *event, struct slice item_revision,
    int base)
{
	int64_t number = 0;

	MUST(event->has_item_revision ==
	    plain_number(item_revision, base, &number));
	MUST(!event->has_item_revision || event->item_revision == number);
}

static void
check_evidence(struct slice event_id, struct slice item_revision,
    struct slice revision)
{
	const struct param list[] = {
		{ slice_of("EventType"), slice_of("map_item_updated") },
		{ slice_of("EventId"), event_id },
		{ slice_of("ItemRevision"), item_revision },
		{ slice_of("MapRevision"), revision },
		{ slice_of("MapSid"), slice_of("MP1") },
	};
	const enum base_evidence want = plain_evidence(event_id,
	    item_revision, revision);
	struct params params;
	struct event event;
	int64_t number = 0;

	params_init(&params);
	event_init(&event);
	decode(&event, &params, list, sizeof(list) / sizeof(list[0]));
	MUST(event.has_event_id == plain_number(event_id, 10, &number));
	MUST(!event.has_event_id || event.event_id == number);
	MUST(revision_evidence(&event) == want);
	check_revisions(&event, item_revision, 10);
	event_read_revisions(&event, 16);
	MUST(revision_evidence(&event) == want);
	check_revisions(&event, item_revision, 16);
	event_read_revisions(&event, 0);
	MUST(!event.has_item_revision && !event.has_revision);
	event_clear(&event);
	params_clear(&params);
}

/* Counted evidence: a letter decides; else three of one kind, none other. */
static void
check_decision(const struct input *counts)
{
	struct input input = *counts;
	int n[N_BASE_EVIDENCE] = { 0 };
	struct revision_base base;
	bool hex, decimal;
	size_t i;

	for (i = 1; i < N_BASE_EVIDENCE; i++)
		n[i] = (int)input_below(&input, 5);
	base = revision_decide(n);
	hex = n[EVIDENCE_HEX] >= 3 && n[EVIDENCE_DECIMAL] == 0 &&
	    n[EVIDENCE_NEITHER] == 0;
	decimal = n[EVIDENCE_DECIMAL] >= 3 && n[EVIDENCE_HEX] == 0 &&
	    n[EVIDENCE_NEITHER] == 0;
	MUST(base.base == (n[EVIDENCE_LETTER] > 0 || hex ? 16 : 10));
	MUST(base.reason == (n[EVIDENCE_LETTER] > 0 ? BASE_BY_LETTER :
	    hex || decimal ? BASE_BY_EVENT_IDS : BASE_ASSUMED));
}

static void
check_likeness(struct slice signature, struct slice sid)
{
	const struct param list[] = {
		{ slice_of("AccountSid"), sid },
		{ slice_of("EventType"), slice_of("map_created") },
		{ slice_of("ServiceSid"),
		    slice_of("IS0123456789abcdef0123456789ABCDEF") },
	};
	const bool like = signature_shaped(signature) &&
	    plain_sid(sid, "AC");
	struct params params;

	params_init(&params);
	MUST(params_set(&params, list, 3, NULL) == RC_OK);
	MUST(likeness_of(signature, &params, false) ==
	    (like ? LIKENESS_FORM : LIKENESS_NO));
	MUST(likeness_of(signature, &params, true) ==
	    (like ? LIKENESS_ACCOUNT : LIKENESS_NO));
	params_clear(&params);
}

static void
check_sid(struct slice sid)
{
	char *const text = fuzz_text(sid);
	const struct slice word = slice_of(text);

	MUST(sid_valid(sid, "AC") == plain_sid(sid, "AC"));
	MUST(sid_valid(sid, "MP") == plain_sid(sid, "MP"));
	MUST(conf_sid(text, "IS") == plain_sid(word, "IS"));
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct input whole = input;
	const struct slice event_id = input_line(&input);
	const struct slice item_revision = input_line(&input);
	const struct slice revision = input_line(&input);
	const struct slice signature = input_line(&input);
	const struct slice rest = input_rest(&input);
	char *const copy = fuzz_copy(rest);
	const struct slice sid = { copy, rest.len };

	check_number(event_id, 10);
	check_number(event_id, 16);
	check_number(item_revision, 10);
	check_number(item_revision, 16);
	check_number(sid, 10);
	check_number(sid, 16);
	check_evidence(event_id, item_revision, revision);
	check_decision(&whole);
	check_likeness(signature, sid);
	check_sid(sid);
	free(copy);
	return 0;
}
