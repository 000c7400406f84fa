#include "doctor/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
report_clear(struct report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++) {
		free(report->line[i].seen);
		free(report->line[i].mend);
	}
	free(report->line);
	*report = (struct report){ .n = 0 };
}

static char *text_of(const char *fmt, va_list arguments)
    __attribute__((format(printf, 1, 0)));

static char *
text_of(const char *fmt, va_list arguments)
{
	char text[REPORT_TEXT_MAX + 1];

	(void)vsnprintf(text, sizeof(text), fmt, arguments);
	return strdup(text);
}

void
report_add(struct report *report, enum report_state state, const char *check,
    const char *fmt, ...)
{
	struct report_line *line;
	va_list arguments;

	line = reallocarray(report->line, report->n + 1, sizeof(*line));
	if (line == NULL) {
		report->is_out_of_memory = true;
		return;
	}
	report->line = line;
	line += report->n;
	va_start(arguments, fmt);
	*line = (struct report_line){ .state = state, .check = check,
	    .seen = text_of(fmt, arguments) };
	va_end(arguments);
	if (line->seen == NULL)
		report->is_out_of_memory = true;
	else
		report->n++;
}

void
report_mend(struct report *report, const char *fmt, ...)
{
	struct report_line *line;
	va_list arguments;

	if (report->n == 0)
		return;
	line = &report->line[report->n - 1];
	free(line->mend);
	va_start(arguments, fmt);
	line->mend = text_of(fmt, arguments);
	va_end(arguments);
	if (line->mend == NULL)
		report->is_out_of_memory = true;
}

const char *
report_state_name(enum report_state state)
{
	static const char *const names[N_REPORT_STATES] = {
		[REPORT_OK] = "ok",
		[REPORT_WARNING] = "warning",
		[REPORT_FAILURE] = "failure",
	};

	return names[state];
}

enum report_state
report_worst(const struct report *report)
{
	enum report_state worst = REPORT_OK;
	size_t i;

	for (i = 0; i < report->n; i++) {
		if (report->line[i].state > worst)
			worst = report->line[i].state;
	}
	return worst;
}
