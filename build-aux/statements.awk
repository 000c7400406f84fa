# statements.awk -- make an enum and a table of the named SQL statements.
#
#     awk -v want=h -f statements.awk sql/statements.sql > statements.h
#     awk -v want=c -f statements.awk sql/statements.sql > statements.c
#
# A statement is the text under a line "-- name: some_name" up to the next such
# line. Lines that are blank or nothing but a comment are left out (not inside
# a quoted text); all else is kept to the byte, one C string a line. What stands
# before the first name is the file's own comment. "@" after a table's name
# stands for the generation of projections that is meant: such a statement has
# two texts, with "_a" and with "_b". What stands under "-- part: some_name" is no
# statement, but put where a later line is "{some_name}". Portable: no regular
# expression intervals, no functions beyond POSIX's.

function fail(message) {
	printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
	failed = 1
	exit 1
}

# A backslash, a quote or a tab in C; "?" is escaped so that no trigraph can
# come of it.
function c_text(line) {
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	gsub(/\t/, "\\t", line)
	gsub(/\?/, "\\?", line)
	return line
}

function check_filled() {
	if (quoted)
		fail("a quote is left open in " here)
	if (here != "" && text[here] == "")
		fail(here " is empty")
	if (part_is_new)
		part[here] = text[here]
	part_is_new = 0
}

# begin NAME -- what comes now is of it.
function begin(name) {
	if (name !~ /^[a-z][a-z0-9_]*$/)
		fail("\"" name "\" is no name: lower-case letters, digits and _")
	if (name in line_of)
		fail(name " is there twice, first in line " line_of[name])
	line_of[name] = FNR
	text[name] = ""
	here = name
}

/\r/ { fail("a carriage return") }

/^-- (name|part):/ {
	check_filled()
	part_is_new = /^-- part:/
	sub(/^-- (name|part):[ \t]*/, "")
	sub(/[ \t]*$/, "")
	begin($0)
	if (!part_is_new)
		name[++n] = $0
	next
}

!quoted && /^[ \t]*(--|$)/ { next }

here == "" { fail("SQL before the first \"-- name:\"") }

!quoted && /^[{].*[}]$/ {
	used = substr($0, 2, length($0) - 2)
	if (!(used in part))
		fail("there is no part " used " above")
	text[here] = text[here] part[used]
	is_used[used] = 1
	next
}

{
	text[here] = text[here] "\n\t    \"" c_text($0) "\\n\""
	if (gsub(/'/, "&") % 2 == 1)
		quoted = !quoted
}

END {
	if (failed)
		exit 1
	check_filled()
	for (used in part)
		if (!(used in is_used))
			fail("part " used " is not used")
	if (failed)
		exit 1
	if (n == 0) {
		print "statements.awk: no statements" > "/dev/stderr"
		exit 1
	}
	print "/* Made from sql/statements.sql by build-aux/statements.awk. */"
	if (want == "h")
		header()
	else
		table()
}

function header(    i) {
	print "#ifndef STATEMENTS_H"
	print "#define STATEMENTS_H"
	print ""
	print "enum statement {"
	for (i = 1; i <= n; i++)
		print "\tSTATEMENT_" toupper(name[i]) ","
	print "\tN_STATEMENTS"
	print "};"
	print ""
	print "/* By generation; one without tables of generations is the same. */"
	print "extern const char *const statement_text[2][N_STATEMENTS];"
	print "extern const char *const statement_name[N_STATEMENTS];"
	print ""
	print "#endif"
}

# The pointers of both generations to a text without "@" are the same.
function generation(suffix,    i, own) {
	for (i = 1; i <= n; i++) {
		own = text[name[i]]
		if (gsub(/@/, suffix, own))
			print "static const char text_" name[i] suffix \
			    "[] =" own ";"
		else if (suffix == "_a")
			print "static const char text_" name[i] "[] =" own ";"
	}
}

function pointers(suffix,    i) {
	print "\t{"
	for (i = 1; i <= n; i++)
		print "\t[STATEMENT_" toupper(name[i]) "] = text_" name[i] \
		    (index(text[name[i]], "@") ? suffix : "") ","
	print "\t},"
}

function table(    i) {
	print "#include \"statements.h\""
	print ""
	generation("_a")
	generation("_b")
	print ""
	print "const char *const statement_text[2][N_STATEMENTS] = {"
	pointers("_a")
	pointers("_b")
	print "};"
	print ""
	print "const char *const statement_name[N_STATEMENTS] = {"
	for (i = 1; i <= n; i++)
		print "\t[STATEMENT_" toupper(name[i]) "] = \"" name[i] "\","
	print "};"
}
