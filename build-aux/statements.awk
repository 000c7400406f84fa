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
# two texts, with "_a" and with "_b". Portable: no regular expression intervals,
# no functions beyond POSIX's.

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
		fail("a quote is left open in statement " name[n])
	if (n > 0 && text[n] == "")
		fail("statement " name[n] " is empty")
}

/\r/ { fail("a carriage return") }

/^-- name:/ {
	check_filled()
	sub(/^-- name:[ \t]*/, "")
	sub(/[ \t]*$/, "")
	if ($0 !~ /^[a-z][a-z0-9_]*$/)
		fail("\"" $0 "\" is no name: lower-case letters, digits and _")
	if ($0 in line_of)
		fail("statement " $0 " is there twice, first in line " \
		    line_of[$0])
	line_of[$0] = FNR
	name[++n] = $0
	text[n] = ""
	next
}

!quoted && /^[ \t]*(--|$)/ { next }

n == 0 { fail("SQL before the first \"-- name:\"") }

{
	text[n] = text[n] "\n\t    \"" c_text($0) "\\n\""
	if (gsub(/'/, "&") % 2 == 1)
		quoted = !quoted
}

END {
	if (failed)
		exit 1
	check_filled()
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
		own = text[i]
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
		    (index(text[i], "@") ? suffix : "") ","
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
