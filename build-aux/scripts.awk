# scripts.awk -- put whole SQL files into C.
#
#     awk -v want=h -f scripts.awk > scripts.h < /dev/null
#     awk -v want=c -f scripts.awk FILE... > scripts.c
#
# The files are sql/migrations/NNNN-*.sql in order (they must be numbered 1, 2,
# 3, ...), views.sql and cookbook.sql. The text is kept to the byte; NUL and
# carriage returns are refused. Each is an array of characters, not a string:
# ISO C11 5.2.4.1 lets a compiler stop at 4095 in a string literal. To be run
# with LC_ALL=C, so that a character is a byte.

function fail(message) {
	printf "scripts.awk: %s\n", message > "/dev/stderr"
	failed = 1
	exit 1
}

function base(path) {
	sub(/.*\//, "", path)
	return path
}

# One line of the file as character constants.
function c_chars(line,    i, c, out) {
	out = "\t"
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (!(c in code))
			fail(FILENAME ":" FNR ": a byte that has no place here")
		out = out code[c] ","
	}
	return out code["\n"] ","
}

function begin_file(    number) {
	file = base(FILENAME)
	if (open)
		print "\t0\n};"
	open = 1
	if (file ~ /^[0-9][0-9][0-9][0-9]-/) {
		number = substr(file, 1, 4) + 0
		if (number != n_migrations + 1)
			fail(FILENAME ": the migration's number is not " \
			    (n_migrations + 1))
		n_migrations = number
		print "\nstatic const char migration_" number "[] = {"
	} else if (file == "views.sql" || file == "cookbook.sql") {
		sub(/\.sql$/, "", file)
		if (file in seen)
			fail(FILENAME ": given twice")
		seen[file] = 1
		print "\nconst char " file "_text[] = {"
	} else {
		fail(FILENAME ": neither a migration (NNNN-what.sql) nor " \
		    "views.sql nor cookbook.sql")
	}
}

BEGIN {
	for (i = 1; i < 128; i++)
		code[sprintf("%c", i)] = i
	# A character constant has the sign that char has here.
	for (i = 128; i < 256; i++)
		code[sprintf("%c", i)] = sprintf("'\\%o'", i)
	delete code["\r"]
	print "/* Made from the files in sql/ by build-aux/scripts.awk. */"
	if (want == "h") {
		print "#ifndef SCRIPTS_H"
		print "#define SCRIPTS_H"
		print ""
		print "#include <stddef.h>"
		print ""
		print "/* migration_text[0] makes version 1 of version 0. */"
		print "extern const char *const migration_text[];"
		print "extern const size_t n_migrations;"
		print "extern const char views_text[];"
		print "extern const char cookbook_text[];"
		print ""
		print "#endif"
		failed = 1	# not really: END has nothing to do
		exit 0
	}
	print "#include \"scripts.h\""
}

FNR == 1 { begin_file() }

{ print c_chars($0) }

END {
	if (failed)
		exit (want == "h") ? 0 : 1
	if (open)
		print "\t0\n};"
	if (n_migrations == 0)
		fail("no migration given")
	if (!("views" in seen) || !("cookbook" in seen))
		fail("views.sql or cookbook.sql is not given, or is empty")
	print "\nconst char *const migration_text[] = {"
	for (i = 1; i <= n_migrations; i++)
		print "\tmigration_" i ","
	print "};"
	print "\nconst size_t n_migrations ="
	print "    sizeof(migration_text) / sizeof(migration_text[0]);"
}
