# states.awk: a page with the lines @states@, @facts@, @grid@, @reasons@, @stacks@ -> the page with the tables that the
# program itself uses in their place.
#
#     awk -f states.awk STATES.DEF STACKS.DEF FACTS.H FACTS.C PAGE.in
#
# A row of states.def is STATE(id, "code", "short", "name", "meaning"), of stacks.def STACK(id, "word", numbers,
# "source").  facts.h tells what each fact is in the comment behind it; facts.c has the grid, a row a line, and under
# each row the reasons in one comment.
function quoted(row, n,    i)
{
	for (i = 1; i < n; i++) {
		row = substr(row, index(row, "\"") + 1)
		row = substr(row, index(row, "\"") + 1)
	}
	row = substr(row, index(row, "\"") + 1)
	return substr(row, 1, index(row, "\"") - 1)
}

# A line of a page: what would be a macro is none, a hyphen is one that can be copied.
function text(words)
{
	gsub(/\\/, "\\e", words)
	gsub(/-/, "\\-", words)
	sub(/^[.']/, "\\\\\\&&", words)
	return words
}

function sentence(words)
{
	return toupper(substr(words, 1, 1)) substr(words, 2) "."
}

/^STATE\(/ {
	states = states ".TP\n.BR " text(quoted($0, 3)) " \" (\" " quoted($0, 1) \
		")\n" text(sentence(quoted($0, 4))) "\n"
	next
}

/^STACK\(/ {
	row = $0
	split(substr(row, index(row, "\", ") + 3), number, /, /)
	stacks = stacks sprintf("%-9s %9s  %13s  %12s  %8d\n", quoted($0, 1), number[1] / 1000 " s", number[2] " ms",
		number[3] / 1000 " s", number[4])
	sources = sources ".TP\n.B " quoted($0, 1) "\n" text(sentence(quoted($0, 2))) "\n"
	next
}

# FACT_SENT_SYN = 1 << NUMBER_SENT_SYN,   /* S: its SYN was sent */
/^\tFACT_[A-Z_]+ = 1 << NUMBER_/ {
	name = $1
	sub(/^FACT_/, "", name)
	said = substr($0, index($0, "/*") + 3)
	sub(/ \*\/$/, "", said)
	letter[name] = substr(said, 1, 1)
	means[name] = substr(said, 4)
	facts = facts ".TP\n.B " letter[name] "\n" text(sentence(means[name])) "\n"
	next
}

# /*                    CL  LI  SS ... */
/^\t\/\* +CL  LI/ {
	head = $0
	gsub(/[\t\/*]/, "", head)
	gsub(/ +/, "  ", head)
	grid = "   " head "\n"
	in_grid = 1
	next
}

in_grid && /^};/ {
	in_grid = 0
	next
}

in_grid && /^\t\[NUMBER_/ {
	name = $1
	sub(/^\[NUMBER_/, "", name)
	sub(/\]$/, "", name)
	cells = $0
	sub(/.*\{/, "", cells)
	sub(/\}.*/, "", cells)
	gsub(/, /, "  ", cells)
	grid = grid letter[name] "    " cells "\n"
	reasons = reasons ".TP\n.B " letter[name] "\n"
	next
}

in_grid {
	line = $0
	sub(/^\t(\/\*| \*) /, "", line)
	sub(/ \*\/$/, "", line)
	reasons = reasons text(line) "\n"
	next
}

FILENAME !~ /\.in$/ {
	next
}

$0 == "@states@" {
	printf "%s", states
	next
}

$0 == "@facts@" {
	printf "%s", facts
	next
}

$0 == "@grid@" {
	printf "%s", grid
	next
}

$0 == "@reasons@" {
	printf "%s", reasons
	next
}

$0 == "@stacks@" {
	printf "%s", "          TIME\\-WAIT  least timeout  most timeout  SYN+ACKs\n" stacks
	next
}

$0 == "@sources@" {
	printf "%s", sources
	next
}

{
	print
}
