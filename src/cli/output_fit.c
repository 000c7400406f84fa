#include "cli/output_parts.h"

#include <string.h>

/* Of what is whole: a wider value sticks out alone, and does not move all
 * others to the right. */
#define PADDING_MAX 60U

/* A width under a cap, but not below its least. */
static size_t
capped(size_t width, size_t least, size_t cap)
{
	const size_t most = cap > least ? cap : least;

	return width < most ? width : most;
}

static size_t
sum_of(const size_t *widths, const size_t *least, size_t n, size_t cap)
{
	size_t i, sum = 0;

	for (i = 0; i < n; i++)
		sum += capped(widths[i], least[i], cap);
	return sum;
}

/* The largest cap under which the widths have room, or 0; at most the room. */
static size_t
find_cap(const size_t *widths, const size_t *least, size_t n, size_t room)
{
	size_t low = 0, high = room, middle;

	while (low < high) {
		middle = high - (high - low) / 2;
		if (sum_of(widths, least, n, middle) <= room)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

size_t
output_fit(size_t *widths, const size_t *least, size_t n, size_t room)
{
	const size_t cap = find_cap(widths, least, n, room);
	const size_t sum = sum_of(widths, least, n, cap);
	size_t i, width, rest = sum < room ? room - sum : 0;

	for (i = 0; i < n; i++) {
		width = capped(widths[i], least[i], cap);
		/* One more does not fit for all, but for some. */
		if (width < widths[i] && width == cap && rest > 0) {
			width++;
			rest--;
		}
		widths[i] = width;
	}
	return rest;
}

/* ------------------------------------------------------------------------
 * A table's
 */

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

bool
output_is_number(const struct output_cell *cell)
{
	return cell->type == DB_INTEGER || cell->type == DB_REAL;
}

/* Sentences, of which so many columns are kept. */
#define DETAIL_LEAST 40U

/* What a person can do without where there is no room: what an object is called
 * stands beside it. */
static bool
is_spared(const char *name)
{
	static const char *const names[] = { "account_sid", "service_sid",
	    "stream_kind", "stream_key", "document_sid", "list_sid",
	    "map_sid" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* Without its end a number would be another one: it is never cut, unlike the
 * name above it. */
static void
measure(struct output *output, size_t column, size_t head)
{
	struct output_table *table = output->table;
	const struct output_cell *cell;
	size_t i, width = 0, numbers = 0, times = 0, others = 0;
	size_t least = strcmp(output->columns[column].name, "detail") == 0 ?
	    DETAIL_LEAST : OUTPUT_CELL_LEAST;

	for (i = 0; i < table->n_rows; i++) {
		cell = &table->rows[i].cells[column];
		if (table->rows[i].is_note)
			continue;
		if (cell->width > width)
			width = cell->width;
		if (output_is_number(cell))
			numbers++;
		else if (cell->is_time)
			times++;
		else if (cell->type != DB_NULL)
			others++;
	}
	table->is_number[column] = numbers > 0 && others + times == 0;
	if (table->is_number[column])
		least = larger(width, head < OUTPUT_HEAD_LEAST ? head :
		    OUTPUT_HEAD_LEAST);
	else if (times > 0 && others + numbers == 0)
		least = OUTPUT_TIME_LEAST;
	width = larger(larger(width, head), output->columns[column].least);
	if (!output->terminal.is_terminal && width > PADDING_MAX)
		width = PADDING_MAX;
	table->widths[column] = width;
	table->least[column] = width < least ? width : least;
	table->is_shown[column] = true;
}

/* How wide a line is at least, all but the text of its columns. */
static size_t
gaps_of(const struct output *output)
{
	const size_t n = output->table->n_shown;
	const size_t more = n < output->n ? sizeof(OUTPUT_MORE) - 1 : 0;

	return (n - 1) * (sizeof(OUTPUT_GAP) - 1) + more;
}

/* Of a column of nothing but times. */
static bool
is_time(const struct output_table *table, size_t column)
{
	return table->least[column] == OUTPUT_TIME_LEAST &&
	    !table->is_number[column];
}

/* Before any other column gives way, times lose what is below a second; what
 * then is left over, they have back. */
static void
fit_shown(struct output_table *table, size_t n, size_t room)
{
	const size_t more = OUTPUT_TIME_WIDTH - OUTPUT_TIME_LEAST;
	size_t i, sum = 0;

	for (i = 0; i < n; i++)
		sum += table->widths[i];
	for (i = 0; sum > room && i < n; i++) {
		if (is_time(table, i))
			table->widths[i] = OUTPUT_TIME_LEAST;
	}
	table->slack = output_fit(table->widths, table->least, n, room);
	for (i = 0; i < n; i++) {
		if (is_time(table, i) && table->slack >= more &&
		    table->widths[i] == OUTPUT_TIME_LEAST) {
			table->widths[i] += more;
			table->slack -= more;
		}
	}
}

/* The next to be left out: what can be spared, then what is at the right. */
static size_t
last_needed(const struct output *output)
{
	const struct output_table *table = output->table;
	size_t i, last = 0;

	for (i = output->n - 1; i > 0; i--) {
		if (!table->is_shown[i])
			continue;
		if (is_spared(output->columns[i].name))
			return i;
		if (last == 0)
			last = i;
	}
	return last;
}

/* What does not fit is left out, rather than that lines wrap and nothing stands
 * below its name. */
static void
fit_terminal(struct output *output)
{
	struct output_table *table = output->table;
	const size_t width = output->terminal.width;
	size_t i, gaps, sum = 0;

	table->n_shown = output->n;
	if (!output->terminal.is_terminal)
		return;
	for (i = 0; i < output->n; i++)
		sum += table->least[i];
	while (table->n_shown > 1 && sum + gaps_of(output) > width) {
		i = last_needed(output);
		sum -= table->least[i];
		table->is_shown[i] = false;
		table->widths[i] = 0;
		table->least[i] = 0;
		table->n_shown--;
	}
	gaps = gaps_of(output);
	/* The last one has nothing to give way to, but for a number. */
	if (table->n_shown == 1 && !table->is_number[0] &&
	    table->least[0] + gaps > width)
		table->least[0] = OUTPUT_CELL_NARROW;
	fit_shown(table, output->n, width > gaps ? width - gaps : 0);
}

void
output_table_fit(struct output *output, const struct output_cell *head)
{
	size_t i;

	for (i = 0; i < output->n; i++)
		measure(output, i, head[i].width);
	fit_terminal(output);
}
