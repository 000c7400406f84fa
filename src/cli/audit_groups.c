#include "cli/audit_groups.h"

#include <string.h>

#include "cli/plain.h"
#include "cli/words.h"

/* Findings of a group that a person is shown; more of them is a listing. */
#define GROUP_ROWS 20
/* Before a group's advice, its findings. */
#define ADVICE_INDENT "    "
#define FINDING_INDENT "  "

/* ------------------------------------------------------------------------
 * Lines
 */

/* Plain text in at most so many columns of a terminal, whole elsewhere. */
static void
fit(struct audit_groups *groups, struct slice text, size_t taken)
{
	const struct terminal *terminal = output_terminal(groups->output);

	buf_reset(&groups->plain);
	if (terminal->is_terminal && terminal->width > taken)
		plain_cut(&groups->plain, text, terminal->width - taken);
	else
		buf_add_slice(&groups->plain, text);
	if (!buf_ok(&groups->plain))
		groups->is_out_of_memory = true;
}

/* A line of any text. */
static void
add_line(struct audit_groups *groups, struct buf *out, const char *indent,
    struct slice text, enum colour colour)
{
	buf_reset(&groups->line);
	buf_add_text(&groups->line, indent);
	plain_add(&groups->line, text);
	if (!buf_ok(&groups->line))
		groups->is_out_of_memory = true;
	fit(groups, buf_slice(&groups->line), 0);
	terminal_paint(out, output_terminal(groups->output), colour,
	    buf_slice(&groups->plain));
	buf_add_char(out, '\n');
}

/* Print what was made, and forget it. */
static void
put(struct audit_groups *groups, struct buf *lines)
{
	if (!buf_ok(lines))
		groups->is_out_of_memory = true;
	else
		output_text(groups->output, buf_slice(lines));
	buf_clear(lines);
}

/* ------------------------------------------------------------------------
 * A group
 */

/* "error open_gap, 2: what it means". */
static void
add_head(struct audit_groups *groups, struct buf *out)
{
	const char *severity = severity_name(groups->severity);

	buf_reset(&groups->line);
	buf_printf(&groups->line, " %s, ", groups->kind.data);
	words_number(&groups->line, groups->n);
	buf_printf(&groups->line, ": %s", groups->meaning);
	if (!buf_ok(&groups->line))
		groups->is_out_of_memory = true;
	/* The colour that a listing has for it. */
	terminal_paint(out, output_terminal(groups->output),
	    terminal_colour_of("severity", slice_of(severity)),
	    slice_of(severity));
	fit(groups, buf_slice(&groups->line), strlen(severity));
	buf_add_slice(out, buf_slice(&groups->plain));
	buf_add_char(out, '\n');
}

/* Each line for itself: a pager ends a colour at a line's end. */
static void
add_advice(struct audit_groups *groups, struct buf *out)
{
	const char *line = groups->advice.len > 0 ? groups->advice.data : "";
	size_t len;

	for (; *line != '\0'; line += len + 1) {
		len = strcspn(line, "\n");
		terminal_paint(out, output_terminal(groups->output),
		    COLOUR_DIM, (struct slice){ line, len });
		buf_add_char(out, '\n');
	}
}

static void
add_more(struct audit_groups *groups, struct buf *out)
{
	const int64_t n = groups->n - GROUP_ROWS;
	struct buf text;

	if (n <= 0)
		return;
	buf_init(&text, 0);
	buf_add_text(&text, "and ");
	words_number(&text, n);
	buf_printf(&text, " more: syncjournal findings --type %s "
	    "--severity %s", groups->kind.data,
	    severity_name(groups->severity));
	add_line(groups, out, FINDING_INDENT, buf_slice(&text), COLOUR_DIM);
	buf_clear(&text);
}

/* Print the group that has ended. */
static void
end_group(struct audit_groups *groups)
{
	struct buf out;

	if (groups->kind.len == 0)
		return;
	buf_init(&out, 0);
	add_head(groups, &out);
	add_advice(groups, &out);
	buf_add_slice(&out, buf_slice(&groups->rows));
	add_more(groups, &out);
	buf_add_char(&out, '\n');
	if (!buf_ok(&groups->advice) || !buf_ok(&groups->rows))
		groups->is_out_of_memory = true;
	put(groups, &out);
	buf_reset(&groups->kind);
}

static void
begin_group(struct audit_groups *groups, const struct finding *finding)
{
	buf_reset(&groups->kind);
	buf_reset(&groups->rows);
	buf_reset(&groups->advice);
	groups->severity = finding->severity;
	plain_add(&groups->kind, finding->kind_name);
	groups->meaning = finding->kind == NULL ?
	    "not known to this program" : finding->kind->meaning;
	finding_advice(&groups->advice, finding, ADVICE_INDENT);
	groups->n = 0;
}

/* ------------------------------------------------------------------------ */

void
audit_groups_init(struct audit_groups *groups, struct output *output)
{
	*groups = (struct audit_groups){ .output = output };
	buf_init(&groups->kind, 0);
	buf_init(&groups->rows, 0);
	buf_init(&groups->advice, 0);
	buf_init(&groups->line, 0);
	buf_init(&groups->plain, 0);
}

void
audit_groups_clear(struct audit_groups *groups)
{
	buf_clear(&groups->plain);
	buf_clear(&groups->line);
	buf_clear(&groups->advice);
	buf_clear(&groups->rows);
	buf_clear(&groups->kind);
}

void
audit_groups_add(struct audit_groups *groups, const struct finding *finding)
{
	struct buf text;

	if (groups->kind.len == 0 || finding->severity != groups->severity ||
	    !slice_is(finding->kind_name, groups->kind.data)) {
		end_group(groups);
		begin_group(groups, finding);
	}
	if (groups->n++ >= GROUP_ROWS)
		return;
	buf_init(&text, 0);
	if (finding->gap_id != 0)
		buf_printf(&text, "gap %lld, ", (long long)finding->gap_id);
	else if (finding->position != 0)
		buf_printf(&text, "position %lld, ",
		    (long long)finding->position);
	buf_add_slice(&text, finding->detail);
	add_line(groups, &groups->rows, FINDING_INDENT, buf_slice(&text),
	    COLOUR_NONE);
	buf_clear(&text);
}

enum rc
audit_groups_end(struct audit_groups *groups,
    const struct audit_result *result, struct err *err)
{
	struct buf out, text;

	buf_init(&out, 0);
	buf_init(&text, 0);
	end_group(groups);
	audit_words(&text, result);
	add_line(groups, &out, "", buf_slice(&text),
	    findings_bad(&result->count) ? COLOUR_BOLD : COLOUR_GREEN);
	put(groups, &out);
	buf_clear(&text);
	if (groups->is_out_of_memory)
		return err_set(err, RC_MEMORY, "no memory for what was found");
	return RC_OK;
}
