# scripts.awk -- put whole SQL files into C.
#
#     awk -v want=h -f scripts.awk > scripts.h < /dev/null
#     awk -v want=c -f scripts.awk FILE... > scripts.c
#
# The files are sql/migrations/NNNN-*.sql in order (they must be numbered 1, 2,
# 3, ...), views.sql, checks.sql and cookbook.sql. The text is kept to the byte;
# NUL and carriage returns are refused. Each is an array of characters, not a
# string: ISO C11 5.2.4.1 lets a compiler stop at 4095 in a string literal. To
# be run with LC_ALL=C, so that a character is a byte.
#
# "@" after a table's name stands for a generation of the projections. The views,
# with those of checks.sql behind them, are there twice, with "_a" and with "_b";
# in a migration this is so for the lines between "-- for each generation" and
# "-- end".

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
	} else if (file == "views.sql" || file == "checks.sql") {
		open = 0
		once()
	} else if (file == "cookbook.sql") {
		once()
		print "\nconst char cookbook_text[] = {"
	} else {
		fail(FILENAME ": neither a migration (NNNN-what.sql) nor " \
		    "views.sql, checks.sql or cookbook.sql")
	}
}

function once() {
	if (file in seen)
		fail(FILENAME ": given twice")
	seen[file] = 1
}

# The lines that were kept, for one generation.
function print_kept(suffix,    i, line) {
	for (i = 1; i <= n_kept; i++) {
		line = kept[i]
		gsub(/@/, suffix, line)
		print c_chars(line)
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
		print "/* By generation. */"
		print "extern const char *const views_text[2];"
		print "extern const char cookbook_text[];"
		print ""
		print "#endif"
		failed = 1	# not really: END has nothing to do
		exit 0
	}
	print "#include \"scripts.h\""
}

FNR == 1 { begin_file() }

file == "views.sql" || file == "checks.sql" { view[++n_views] = $0; next }

/^-- for each generation$/ { keeping = 1; n_kept = 0; next }

/^-- end$/ && keeping {
	keeping = 0
	print_kept("_a")
	print_kept("_b")
	next
}

keeping { kept[++n_kept] = $0; next }

{ print c_chars($0) }

END {
	if (failed)
		exit (want == "h") ? 0 : 1
	if (open)
		print "\t0\n};"
	if (keeping)
		fail("-- for each generation: without -- end")
	n_kept = n_views
	for (i = 1; i <= n_views; i++)
		kept[i] = view[i]
	print "\nstatic const char views_a[] = {"
	print_kept("_a")
	print "\t0\n};"
	print "\nstatic const char views_b[] = {"
	print_kept("_b")
	print "\t0\n};"
	print "\nconst char *const views_text[2] = { views_a, views_b };"
	if (n_migrations == 0)
		fail("no migration given")
	if (!("views.sql" in seen) || !("checks.sql" in seen) ||
	    !("cookbook.sql" in seen))
		fail("views.sql, checks.sql or cookbook.sql is not given, or " \
		    "is empty")
	print "\nconst char *const migration_text[] = {"
	for (i = 1; i <= n_migrations; i++)
		print "\tmigration_" i ","
	print "};"
	print "\nconst size_t n_migrations ="
	print "    sizeof(migration_text) / sizeof(migration_text[0]);"
}
