# questions.awk: the questions of `lastack ask`, from the SQL files in schema/questions/.
#
#     awk -v output=c -f questions.awk QUESTION.sql...            -> the table that the program has
#     awk -v output=man -f questions.awk QUESTION.sql... PAGE.in  -> a page with the line @questions@ filled in
#     awk -v output=json ...                                      -> a file with @views@ and @queries@ filled in: members
#                                                                    of objects, for those without and with an argument
#
# A file is a comment and a statement.  The first line of the comment is the question; an empty one follows, then one
# "-- field: text" for each of the fields below.  A line that is indented further goes on with the text before.  Where
# `many` says so a field may come several times; where `may` says so it may be missing.
#
#     answers   what it tells                       argument (may, many)  WORD what that is: bound as :WORD
#     column (many)  NAME KIND[/N] HEADING: meaning; in the order of the statement
#     none      what is said when there is no row   note, next, more (may, many)  below the table (store/question.h)
#     index (may)    the indexes that it wants, of schema/indexes
#
# A file clickhouse/questions/NAME.sql behind them is the statement, without a comment of its own, that asks a cluster the
# question of that name; a question without one is not asked there.
#
# N says which columns leave first where a terminal is narrow.  A file that does not keep to this ends the build.
BEGIN {
	split("answers none", needed, " ")
	split("argument column note next more", words, " ")
	for (i in words)
		is_many[words[i]] = 1
	split("answers none index", words, " ")
	for (i in words)
		is_one[words[i]] = 1
	split("text number real id bytes span time percent endpoint severity state basis hidden", words, " ")
	for (i in words)
		is_kind[words[i]] = 1
	split("HOST TIME", words, " ")
	for (i in words)
		is_argument[words[i]] = 1
}

function fail(why)
{
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
}

function trim(words)
{
	gsub(/^[ \t]+|[ \t]+$/, "", words)
	gsub(/[ \t]+/, " ", words)
	return words
}

function first_word(words)
{
	return substr(words, 1, match(words " ", / /) - 1)
}

function rest_of(words)
{
	return trim(substr(words, length(first_word(words)) + 1))
}

function quoted(words)
{
	gsub(/[\\"]/, "\\\\&", words)
	gsub(/\t/, "\\t", words)
	return "\"" words "\""
}

# --- reading --------------------------------------------------------------------------------------------

function take_column(words,    kind, colon, leaves)
{
	kind = first_word(rest_of(words))
	colon = index(words, ": ")
	leaves = 0
	if (kind ~ /\/[1-9]$/) {
		leaves = substr(kind, length(kind))
		kind = substr(kind, 1, length(kind) - 2)
	}
	if (!is_kind[kind] || !colon)
		fail("'" words "' is no NAME KIND HEADING: meaning")
	columns[total, ++count[total, "column"], "name"] = first_word(words)
	columns[total, count[total, "column"], "kind"] = kind
	columns[total, count[total, "column"], "leaves"] = leaves
	columns[total, count[total, "column"], "heading"] = rest_of(rest_of(substr(words, 1, colon - 1)))
	columns[total, count[total, "column"], "meaning"] = trim(substr(words, colon + 2))
}

function take_field()
{
	if (field == "")
		return
	text = trim(text)
	if (text == "")
		fail("'" field "' says nothing")
	if (field == "column")
		take_column(text)
	else if (is_many[field])
		value[total, field, ++count[total, field]] = text
	else if (!is_one[field])
		fail("no field is called '" field "'")
	else if ((total, field) in value)
		fail("'" field "' stands there twice")
	else
		value[total, field] = text
	if (field == "argument" && !is_argument[first_word(text)])
		fail("'" first_word(text) "' is no argument: HOST or TIME")
	field = ""
}

function end_head(    i)
{
	take_field()
	for (i in needed)
		if (!((total, needed[i]) in value))
			fail(name[total] ": its field '" needed[i] "' is missing")
	if (!count[total, "column"])
		fail(name[total] ": it has no column")
	inside = 0
}

FILENAME ~ /\.in$/ {
	page[++page_lines] = $0
	next
}

function stem(path)
{
	sub(/.*\//, "", path)
	sub(/\.sql$/, "", path)
	return path
}

FILENAME ~ /clickhouse\/questions\/[^\/]*$/ {
	if (FNR == 1 && inside)
		end_head()
	if (FNR == 1 && !(stem(FILENAME) in number_of))
		fail("there is no question of this name")
	twin = number_of[stem(FILENAME)]
	cluster_line[twin, ++cluster_lines[twin]] = $0
	next
}

FNR == 1 {
	total++
	name[total] = stem(FILENAME)
	number_of[name[total]] = total
	inside = 1
	field = ""
	if (!/^-- ./)
		fail("does not begin with the question")
	title[total] = substr($0, 4)
	lines[total] = 0
}

{
	line[total, ++lines[total]] = $0
}

inside && FNR == 1 {
	next
}

inside && /^-- [a-z]+: / {
	take_field()
	field = substr($2, 1, length($2) - 1)
	text = substr($0, index($0, ":") + 1)
	next
}

inside && /^--  / {
	text = text " " substr($0, 3)
	next
}

inside && /^--$/ {
	next
}

inside {
	end_head()
}

# --- output ---------------------------------------------------------------------------------------------

# All texts of a field, a line each; NULL where there is none.
function joined(question, key,    i, all)
{
	for (i = 1; i <= count[question, key]; i++)
		all = all (i > 1 ? "\n\t\t\t" : "") quoted(value[question, key, i]) (i < count[question, key] ? " \"\\n\"" : "")
	return all == "" ? "NULL" : all
}

function print_columns(q,    i)
{
	printf "static const struct answer_column columns_%d[] = {\n", q
	for (i = 1; i <= count[q, "column"]; i++)
		printf "\t{%s, %s, ANSWER_%s, %d, %s},\n", quoted(columns[q, i, "name"]), quoted(columns[q, i, "heading"]),
			toupper(columns[q, i, "kind"]), columns[q, i, "leaves"], quoted(columns[q, i, "meaning"])
	printf "};\n\n"
}

function print_cluster_text(q,    i)
{
	for (i = 1; i <= cluster_lines[q]; i++)
		printf "\n\t\t\t%s", quoted(cluster_line[q, i]) " \"\\n\""
	if (!cluster_lines[q])
		printf " NULL"
}

# The statement ends where its semicolon stands, so that it can be put into another one.
function print_text(q,    i)
{
	for (i = 1; i <= lines[q]; i++)
		if (i == lines[q] && line[q, i] ~ /;$/)
			printf "\n\t\t\t%s", quoted(substr(line[q, i], 1, length(line[q, i]) - 1))
		else
			printf "\n\t\t\t%s \"\\n\"", quoted(line[q, i])
}

function print_c(    q)
{
	printf "/* Made by src/gen/questions.awk from schema/questions/; not to be edited. */\n"
	printf "#include \"store/question.h\"\n\n#include <stddef.h>\n\n"
	for (q = 1; q <= total; q++)
		print_columns(q)
	printf "const struct question questions[] = {\n"
	for (q = 1; q <= total; q++) {
		printf "\t{\n\t\t.name = %s,\n\t\t.title = %s,\n", quoted(name[q]), quoted(title[q])
		printf "\t\t.answers = %s,\n\t\t.argument = %s,\n", quoted(value[q, "answers"]),
			count[q, "argument"] ? quoted(first_word(value[q, "argument", 1])) : "NULL"
		printf "\t\t.argument_is = %s,\n",
			count[q, "argument"] ? quoted(rest_of(value[q, "argument", 1])) : "NULL"
		printf "\t\t.columns = columns_%d,\n\t\t.column_count = %d,\n", q, count[q, "column"]
		printf "\t\t.none = %s,\n\t\t.note = %s,\n\t\t.next = %s,\n\t\t.more = %s,\n", quoted(value[q, "none"]),
			joined(q, "note"), joined(q, "next"), joined(q, "more")
		printf "\t\t.indexes = %s,\n\t\t.text =", quoted(value[q, "index"])
		print_text(q)
		printf ",\n\t\t.cluster_text ="
		print_cluster_text(q)
		printf ",\n\t},\n"
	}
	printf "};\n\nconst unsigned question_count = sizeof questions / sizeof *questions;\n"
}

# A line of a page: a hyphen is one that can be copied, and nothing is a macro by accident.
function roff(words)
{
	gsub(/\\/, "\\e", words)
	gsub(/-/, "\\-", words)
	sub(/^[.']/, "\\\\\\&&", words)
	return words
}

function sentence(words)
{
	words = toupper(substr(words, 1, 1)) substr(words, 2)
	return words ~ /[.?!]$/ ? words : words "."
}

function print_man(    q, i)
{
	for (q = 1; q <= total; q++) {
		printf ".SS %s%s\n", roff(name[q]), count[q, "argument"] ? " " first_word(value[q, "argument", 1]) : ""
		printf ".I %s\n.PP\n%s\n", roff(title[q]), roff(value[q, "answers"])
		for (i = 1; i <= count[q, "argument"]; i++)
			printf ".TP\n.I %s\n%s\n", first_word(value[q, "argument", i]),
				roff(sentence(rest_of(value[q, "argument", i])))
		for (i = 1; i <= count[q, "column"]; i++)
			printf ".TP\n.B %s\n%s\n", roff(columns[q, i, "name"]), roff(sentence(columns[q, i, "meaning"]))
		for (i = 1; i <= count[q, "next"]; i++)
			printf ".PP\n%s\n", roff(generic(value[q, "next", i]))
		if (!count[q, "argument"])
			printf ".PP\nView\n.BR ask_%s .\n", underscored(name[q])
		printf ".PP\n%s\n", cluster_lines[q] ? "Also of a cluster." : "Not of a cluster."
	}
}

# --- for Datasette --------------------------------------------------------------------------------------

function json(words)
{
	gsub(/[\\"]/, "\\\\&", words)
	gsub(/\t/, "\\t", words)
	return "\"" words "\""
}

function print_views(    q, i, begun)
{
	for (q = 1; q <= total; q++) {
		if (count[q, "argument"])
			continue
		printf "%s    %s: {\n     \"description\": %s,\n     \"columns\": {\n", begun++ ? ",\n" : "",
			json("ask_" underscored(name[q])), json(title[q] " " value[q, "answers"])
		for (i = 1; i <= count[q, "column"]; i++)
			printf "      %s: %s%s\n", json(columns[q, i, "name"]), json(columns[q, i, "meaning"]),
				i < count[q, "column"] ? "," : ""
		printf "     }\n    }"
	}
	printf "\n"
}

# The statement without its comment, as its view would have it.
function print_queries(    q, i, text, begun)
{
	for (q = 1; q <= total; q++) {
		if (!count[q, "argument"])
			continue
		text = ""
		for (i = 1; i <= lines[q]; i++)
			if (line[q, i] !~ /^--/)
				text = text (text == "" ? "" : "\\n") substr(json(line[q, i]), 2, length(json(line[q, i])) - 2)
		gsub(/\{(chosen|found)\}/, "TRUE", text)
		gsub(/\{limit\}/, "LIMIT 1000", text)
		printf "%s    %s: {\n     \"title\": %s,\n     \"description\": %s,\n     \"sql\": \"%s\"\n    }",
			begun++ ? ",\n" : "", json(underscored(name[q])), json(title[q]),
			json(value[q, "answers"] " " value[q, "argument", 1]), text
	}
	printf "\n"
}

# What stands for a value of the first row, in words.
function generic(words)
{
	gsub(/\{/, "the ", words)
	gsub(/\}/, "", words)
	gsub(/_/, " ", words)
	return sentence(words)
}

function underscored(words)
{
	gsub(/-/, "_", words)
	return words
}

END {
	if (inside)
		fail(name[total] ": there is no statement")
	if (failed)
		exit 1
	if (output == "c")
		print_c()
	for (i = 1; i <= page_lines; i++)
		if (page[i] == "@questions@")
			print_man()
		else if (page[i] == "@views@")
			print_views()
		else if (page[i] == "@queries@")
			print_queries()
		else
			print page[i]
}
