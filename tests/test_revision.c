/* In which base a service writes its revisions: what each event says of it, and
 * what follows. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support.h"
#include "twilio/revision.h"

#define COMMON "AccountSid=AC00000000000000000000000000000001&" \
	"ServiceSid=IS00000000000000000000000000000001&Identity=a"
#define DOCUMENT "EventType=document_updated&" COMMON \
	"&DocumentSid=ET00000000000000000000000000000001&DocumentData=1"
#define ITEM "EventType=map_item_updated&" COMMON "&ItemKey=k&ItemData=1" \
	"&MapSid=MP00000000000000000000000000000001"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
each_event_says_what_its_texts_say(void **state)
{
	static const struct {
		const char *form;
		enum base_evidence want;
	} rows[] = {
		{ DOCUMENT "&DocumentRevision=10", EVIDENCE_NONE },
		{ DOCUMENT "&DocumentRevision=a", EVIDENCE_LETTER },
		{ DOCUMENT "&DocumentRevision=1F", EVIDENCE_LETTER },
		/* no hexadecimal number */
		{ DOCUMENT "&DocumentRevision=g", EVIDENCE_NONE },
		{ DOCUMENT "&DocumentRevision=0x1f", EVIDENCE_NONE },
		{ DOCUMENT "&DocumentRevision=-a", EVIDENCE_NONE },
		{ DOCUMENT "&DocumentRevision=", EVIDENCE_NONE },
		{ DOCUMENT "&DocumentRevision=7fffffffffffffff",
		    EVIDENCE_LETTER },
		{ DOCUMENT "&DocumentRevision=8fffffffffffffff",
		    EVIDENCE_NONE },
		{ ITEM "&MapRevision=1b0&EventId=431&ItemRevision=1af",
		    EVIDENCE_LETTER },
		{ ITEM "&MapRevision=b&EventId=10&ItemRevision=10",
		    EVIDENCE_LETTER },
		/* a digit is the same in both */
		{ ITEM "&MapRevision=10&EventId=9&ItemRevision=9",
		    EVIDENCE_NONE },
		{ ITEM "&MapRevision=11&EventId=10&ItemRevision=10",
		    EVIDENCE_DECIMAL },
		{ ITEM "&MapRevision=11&EventId=16&ItemRevision=10",
		    EVIDENCE_HEX },
		{ ITEM "&MapRevision=11&EventId=16&ItemRevision=0010",
		    EVIDENCE_HEX },
		{ ITEM "&MapRevision=11&EventId=17&ItemRevision=10",
		    EVIDENCE_NEITHER },
		{ ITEM "&MapRevision=11&EventId=5&ItemRevision=1",
		    EVIDENCE_NEITHER },
		/* nothing to compare */
		{ ITEM "&MapRevision=11&EventId=16", EVIDENCE_NONE },
		{ ITEM "&MapRevision=11&ItemRevision=10", EVIDENCE_NONE },
		{ ITEM "&MapRevision=11&EventId=x&ItemRevision=10",
		    EVIDENCE_NONE },
		{ "EventType=endpoint_connected&" COMMON "&EventId=16"
		    "&ItemRevision=1a&IsIdentityOnline=true", EVIDENCE_NONE },
		{ "EventType=unheard_of&" COMMON "&DocumentRevision=1a",
		    EVIDENCE_NONE },
	};
	struct sample *sample;
	size_t i;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		sample = sample_new(rows[i].form);
		if (revision_evidence(sample_event(sample)) != rows[i].want)
			fail_msg("%s: %d, not %d", rows[i].form,
			    revision_evidence(sample_event(sample)),
			    rows[i].want);
		/* Whatever it was read in. */
		event_read_revisions(sample_event(sample), 16);
		assert_int_equal(revision_evidence(sample_event(sample)),
		    rows[i].want);
		sample_free(sample);
	}
}

static void
the_base_follows_from_how_often_each_was_said(void **state)
{
	static const struct {
		int letter, hex, decimal, neither;
		int base;
		enum base_reason reason;
	} rows[] = {
		{ 0, 0, 0, 0, 10, BASE_ASSUMED },
		{ 1, 0, 3, 1, 16, BASE_BY_LETTER },
		{ 0, 2, 0, 0, 10, BASE_ASSUMED },
		{ 0, 3, 0, 0, 16, BASE_BY_EVENT_IDS },
		{ 0, 3, 1, 0, 10, BASE_ASSUMED },
		{ 0, 3, 0, 1, 10, BASE_ASSUMED },
		{ 0, 0, 2, 0, 10, BASE_ASSUMED },
		{ 0, 0, 3, 0, 10, BASE_BY_EVENT_IDS },
		{ 0, 1, 3, 0, 10, BASE_ASSUMED },
		{ 0, 0, 3, 1, 10, BASE_ASSUMED },
	};
	struct revision_base base;
	size_t i;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		const int n[N_BASE_EVIDENCE] = {
			[EVIDENCE_LETTER] = rows[i].letter,
			[EVIDENCE_HEX] = rows[i].hex,
			[EVIDENCE_DECIMAL] = rows[i].decimal,
			[EVIDENCE_NEITHER] = rows[i].neither,
		};

		base = revision_decide(n);
		if (base.base != rows[i].base ||
		    base.reason != rows[i].reason)
			fail_msg("row %zu: %d by %d", i, base.base,
			    base.reason);
	}
}

static void
each_code_has_a_word(void **state)
{
	int i;

	(void)state;
	for (i = 1; i < N_BASE_EVIDENCE; i++)
		assert_non_null(base_evidence_name((enum base_evidence)i));
	for (i = 1; i < N_BASE_REASONS; i++)
		assert_non_null(base_reason_name((enum base_reason)i));
	assert_null(base_evidence_name(EVIDENCE_NONE));
}

/* Read again, an event is as if it had never been read in the other base. */
static void
revisions_are_read_again_in_another_base(void **state)
{
	struct sample *sample = sample_new(DOCUMENT "&DocumentRevision=1f");
	struct event *event = sample_event(sample);

	(void)state;
	assert_false(event->has_revision);
	assert_false(event->has_seq);
	assert_true(event->revision_unreadable);
	assert_non_null(strstr(event->problem.data, "DocumentRevision"));
	event_read_revisions(event, 16);
	assert_true(event->has_revision && event->has_seq);
	assert_int_equal(event->revision, 31);
	assert_int_equal(event->seq, 31);
	assert_false(event->revision_unreadable);
	assert_int_equal(event->problem.len, 0);
	event_read_revisions(event, 0);
	assert_false(event->has_revision || event->has_seq ||
	    event->revision_unreadable);
	assert_int_equal(event->problem.len, 0);
	event_read_revisions(event, 10);
	assert_string_equal(event->problem.data,
	    "DocumentRevision: not a usable number: \"1f\"");
	sample_free(sample);

	/* What else is wrong stays. */
	sample = sample_new("EventType=map_item_updated&" COMMON "&ItemKey=k"
	    "&MapSid=x&ItemData=1&MapRevision=1b0&EventId=431"
	    "&ItemRevision=1af");
	event = sample_event(sample);
	assert_non_null(strstr(event->problem.data, "not a usable number"));
	event_read_revisions(event, 16);
	assert_string_equal(event->problem.data, "MapSid: not a SID: \"x\"");
	assert_int_equal(event->revision, 0x1b0);
	assert_int_equal(event->item_revision, 0x1af);
	assert_int_equal(event->seq, 431);
	sample_free(sample);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_says_what_its_texts_say),
		cmocka_unit_test(the_base_follows_from_how_often_each_was_said),
		cmocka_unit_test(each_code_has_a_word),
		cmocka_unit_test(revisions_are_read_again_in_another_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
