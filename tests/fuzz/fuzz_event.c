/* Events of forms: each has a type or a problem, all that is stored is text,
 * and neither the order of the parameters nor what describes the delivery alone
 * makes another content. */
#include <stdlib.h>

#include "event_check.h"
#include "fuzz.h"

/* The same parameters, the last first. */
static void
check_order(const struct params *params, const struct event *event)
{
	struct param *list = calloc(params->n + 1, sizeof(*list));
	struct params turned;
	struct event again;
	size_t i;

	MUST(list != NULL);
	for (i = 0; i < params->n; i++)
		list[i] = params->list[params->n - 1 - i];
	params_init(&turned);
	event_init(&again);
	MUST(params_set(&turned, list, params->n, NULL) == RC_OK);
	params_sort(&turned);
	turned.damaged = params->damaged;
	turned.damaged_at = params->damaged_at;
	MUST(event_decode(&again, &turned, NULL, NULL) == RC_OK);
	MUST(event_same(event, &again));
	event_clear(&again);
	params_clear(&turned);
	free(list);
}

/* Delivered later and once more. */
static void
check_again(struct slice body, const struct event *event)
{
	struct params params;
	struct event again;
	struct buf more;

	buf_init(&more, 0);
	buf_add_slice(&more, body);
	buf_add_text(&more, "&RetryCount=1&DateCreated=2023-11-07T11:57:43Z");
	params_init(&params);
	event_init(&again);
	MUST(params_from_form(&params, buf_slice(&more), NULL) == RC_OK);
	params_sort(&params);
	MUST(event_decode(&again, &params, NULL, NULL) == RC_OK);
	MUST(memcmp(event->content, again.content,
	    sizeof(again.content)) == 0);
	event_clear(&again);
	params_clear(&params);
	buf_clear(&more);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const struct slice body = input_rest(&input);
	struct params params;
	struct event event;

	params_init(&params);
	event_init(&event);
	MUST(params_from_form(&params, body, NULL) == RC_OK);
	params_sort(&params);
	MUST(event_decode(&event, &params, NULL, NULL) == RC_OK);
	event_check(&event, &params);
	check_order(&params, &event);
	check_again(body, &event);
	event_clear(&event);
	params_clear(&params);
	return 0;
}
