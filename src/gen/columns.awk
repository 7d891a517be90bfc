# columns.awk: a page with the line @columns@ -> the page with the columns of record/columns.def in its place.
#
#     awk -f columns.awk COLUMNS.DEF PAGE.in
#     awk -v output=json -f columns.awk COLUMNS.DEF FILE.in    -> members of an object: what each column of the table means
#
# A row of columns.def is KIND(type, name, "unit", "doc") on one line; a comment of one line names the group.
FNR == NR && /^\/\* [a-z].* \*\/$/ {
	group = substr($0, 4, length($0) - 6)
	next
}

FNR == NR && /^(ONE|BOTH|GEO)\(/ {
	row = $0
	shape = substr(row, 1, index(row, "(") - 1)
	split(row, word, /[(,] */)
	name = word[3]
	# what stands between the quotes
	row = substr(row, index(row, "\"") + 1)
	unit = substr(row, 1, index(row, "\"") - 1)
	row = substr(row, index(row, "\"") + 1)
	doc = substr(row, index(row, "\"") + 1)
	sub(/"\)$/, "", doc)
	if (output == "json") {
		if (shape == "ONE")
			add_member(name)
		else if (shape == "BOTH") {
			add_member("initiator_" name)
			add_member("responder_" name)
		}
		next
	}
	gsub(/\\"/, "\"", doc)
	if (group != "") {
		columns = columns ".SS " group "\n"
		group = ""
	}
	if (shape == "ONE")
		names = ".B " name
	else
		names = ".BR initiator_" name " \", \" responder_" name
	columns = columns ".TP\n" names "\n" doc (unit == "" ? "" : " (" unit ")") "\n"
	next
}

FNR == NR {
	next
}

$0 == "@columns@" {
	printf output == "json" ? "%s\n" : "%s", columns
	next
}

{
	print
}

# doc has its quotes escaped as JSON has them, too
function add_member(column)
{
	columns = columns (columns == "" ? "" : ",\n") "      \"" column "\": \"" doc (unit == "" ? "" : " (" unit ")") "\""
}
