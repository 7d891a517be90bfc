# catalogue.awk: the catalogue of anomalies, from the comment above each detector.
#
#     awk -v output=def -f catalogue.awk DETECT.C...            -> rows for the program, sorted by code
#     awk -v output=detectors ...                           -> which detector is asked when
#     awk -v output=man -f catalogue.awk DETECT.C... PAGE.in    -> a page with the lines @anomalies@ and @limits@ filled in
#
# A block begins with "/* anomaly: CODE" and has one " * field: text" for each of the fields below; a line that is indented
# further goes on with the text before.  "option" and "evidence" may come several times, or not at all.  What stands
# behind the block is DETECTOR(code_in_c), unless it is found by the detector of another one ("on: with CODE").
# A field that is missing, unknown or twice there ends the build.
BEGIN {
	fields = "tier on side severity rule rfc title seen means check"
	many = "option evidence"
	wanted = split(fields, needed, " ")
	for (i = 1; i <= wanted; i++)
		is_field[needed[i]] = 1
	is_many["option"] = is_many["evidence"] = 1
}

function fail(line, why)
{
	printf "%s:%d: %s\n", FILENAME, line, why > "/dev/stderr"
	failed = 1
}

function trim(words)
{
	gsub(/^[ \t]+|[ \t]+$/, "", words)
	gsub(/[ \t]+/, " ", words)
	return words
}

function identifier(code)
{
	gsub(/-/, "_", code)
	return code
}

# Some codes are found elsewhere.
function has_detector(code)
{
	return value[code, "on"] !~ /^(with |many$|capture$)/
}

# Takes what was collected of one field.
function take_field(    key)
{
	if (field == "")
		return
	text = trim(text)
	if (text == "")
		fail(FNR, code ": '" field "' says nothing")
	if (is_many[field]) {
		value[code, field, ++count[code, field]] = text
	} else if (is_field[field]) {
		key = code SUBSEP field
		if (key in value)
			fail(FNR, code ": '" field "' stands there twice")
		value[key] = text
	} else {
		fail(FNR, code ": no field is called '" field "'")
	}
	field = ""
}

function end_block(    i)
{
	take_field()
	for (i = 1; i <= wanted; i++)
		if (!((code, needed[i]) in value))
			fail(FNR, code ": its field '" needed[i] "' is missing")
	inside = 0
	awaited = has_detector(code) ? code : ""
}

FILENAME ~ /\.in$/ {
	page[++page_lines] = $0
	next
}

/^\/\* anomaly:/ {
	if (awaited != "")
		fail(FNR, awaited ": no DETECTOR(" identifier(awaited) ") stands behind it")
	code = $3
	if (code in known)
		fail(FNR, code " is described twice")
	known[code] = 1
	codes[++total] = code
	inside = 1
	field = ""
	next
}

inside && /^ \*\// {
	end_block()
	next
}

inside && /^ \* [a-z]+:/ {
	take_field()
	line = substr($0, 4)
	field = substr(line, 1, index(line, ":") - 1)
	text = substr(line, index(line, ":") + 1)
	next
}

inside {
	line = $0
	ends = sub(/\*\/[ \t]*$/, "", line)
	sub(/^ \*/, "", line)
	text = text " " line
	if (ends)
		end_block()
	next
}

/^DETECTOR\(/ {
	name = substr($0, 10, index($0, ")") - 10)
	if (awaited == "" || name != identifier(awaited))
		fail(FNR, "DETECTOR(" name ") does not stand behind the words that describe it")
	awaited = ""
}

# --- output ---------------------------------------------------------------------------------------------

function sort_codes(    i, j, moved)
{
	for (i = 2; i <= total; i++) {
		moved = codes[i]
		for (j = i - 1; j > 0 && codes[j] > moved; j--)
			codes[j + 1] = codes[j]
		codes[j + 1] = moved
	}
}

function first_word(words)
{
	return substr(words, 1, match(words " ", /[ ,;]/) - 1)
}

function rest_of(words)
{
	words = substr(words, length(first_word(words)) + 1)
	sub(/^[,; ]+/, "", words)
	return words
}

function quoted(words)
{
	gsub(/\\/, "\\\\", words)
	gsub(/"/, "\\\"", words)
	return "\"" words "\""
}

# A default: "5s" and its like are spans, and a bare number is one.
function default_value(words)
{
	if (words ~ /ms$/)
		return words * 1000000 ""
	if (words ~ /h$/)
		return sprintf("INT64_C(%d)", words * 3600) " * 1000000000"
	if (words ~ /s$/)
		return sprintf("INT64_C(%d)", words) " * 1000000000"
	return words + 0
}

# A line for each class, with those that it asks in the order of their codes.
function print_detectors(    i, j, c, on, times, class, classes, order, asked)
{
	print "/* Generated from the detectors in src/detect; not to be edited. */"
	for (i = 1; i <= total; i++) {
		c = codes[i]
		if (!has_detector(c))
			continue
		times = split(value[c, "on"], on, ", *")
		for (j = 1; j <= times; j++) {
			class = toupper(on[j])
			if (!(class in asked))
				order[++classes] = class
			asked[class] = asked[class] " ASK(" identifier(c) ")"
		}
	}
	for (i = 1; i <= classes; i++)
		printf "CLASS(%s,%s)\n", order[i], asked[order[i]]
}

function print_def(    i, j, c, words, name, value_text)
{
	print "/* Generated from the detectors in src/detect; not to be edited. */"
	for (i = 1; i <= total; i++) {
		c = codes[i]
		printf "ANOMALY(%s, %s, %d, %s, %s, %s, %s, %s, %s, %s, %s, %s)\n", identifier(c), quoted(c),
			value[c, "tier"], toupper(first_word(value[c, "severity"])),
			toupper(first_word(value[c, "rule"])), quoted(value[c, "side"]), quoted(value[c, "severity"]),
			quoted(value[c, "rfc"] == "-" ? "" : value[c, "rfc"]), quoted(value[c, "title"]),
			quoted(value[c, "seen"]), quoted(value[c, "means"]), quoted(value[c, "check"])
		for (j = 1; j <= count[c, "evidence"]; j++) {
			words = value[c, "evidence", j]
			printf "EVIDENCE(%s, %s, %s)\n", identifier(c), quoted(first_word(words)), quoted(rest_of(words))
		}
		for (j = 1; j <= count[c, "option"]; j++) {
			words = value[c, "option", j]
			name = first_word(words)
			words = rest_of(words)
			value_text = first_word(words)
			printf "LIMIT(%s, %s, %s, %s, %s, %s, %s)\n", identifier(name), quoted(name), identifier(c),
				value_text ~ /(ms|s|h)$/ ? "SPAN" : "NUMBER", default_value(value_text), quoted(value_text),
				quoted(rest_of(words))
		}
	}
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

# Its words on a line of their own, below a name for them.
function labelled(label, words)
{
	return ".br\n.IR " label " :\n" roff(words) "\n"
}

function print_anomalies(    i, j, c, words, side)
{
	for (i = 1; i <= total; i++) {
		c = codes[i]
		side = value[c, "side"] ~ /^(-|neither)$/ ? "" : "; side: " value[c, "side"]
		printf ".TP\n.B %s\n", roff(c)
		printf "%s\n", roff(sentence(value[c, "title"] " (" value[c, "severity"] side ")"))
		printf "%s", labelled("Seen", value[c, "seen"])
		printf "%s", labelled("Means", value[c, "means"])
		printf "%s", labelled("Next", value[c, "check"])
		for (j = 1; j <= count[c, "evidence"]; j++) {
			words = value[c, "evidence", j]
			printf "%s.BR %s :\n%s\n", j == 1 ? ".br\n.IR Evidence :\n" : ".br\n", roff(first_word(words)),
				roff(rest_of(words))
		}
		if (value[c, "rfc"] != "-")
			printf ".br\n%s\n", roff(value[c, "rfc"] ".")
	}
}

function print_limits(    i, j, c, words, name)
{
	for (i = 1; i <= total; i++) {
		c = codes[i]
		for (j = 1; j <= count[c, "option"]; j++) {
			words = value[c, "option", j]
			name = first_word(words)
			words = rest_of(words)
			printf ".TP\n.BR %s \" (\" %s \")\"\n.IR %s :\n%s\n", roff(name), roff(first_word(words)), roff(c),
				roff(rest_of(words))
		}
	}
}

END {
	if (awaited != "")
		fail(FNR, awaited ": no DETECTOR(" identifier(awaited) ") stands behind it")
	for (i = 1; i <= total; i++)
		if (value[codes[i], "on"] ~ /^with / && !(substr(value[codes[i], "on"], 6) in known))
			fail(FNR, codes[i] ": it is found with a code that is none")
	if (failed)
		exit 1
	sort_codes()
	if (output == "def")
		print_def()
	if (output == "detectors")
		print_detectors()
	for (i = 1; i <= page_lines; i++)
		if (page[i] == "@anomalies@")
			print_anomalies()
		else if (page[i] == "@limits@")
			print_limits()
		else
			print page[i]
}
