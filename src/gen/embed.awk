# embed.awk: files -> one C source with their text, so that another language stays in files of its own.
#
#     awk -v root=SRCDIR/ -v header=store/sql.h -v table=sql_files -f embed.awk FILE...
#
# gives `const struct embedded TABLE[]`, a row {path below root, text} for each file in the order given, and a row
# of NULLs at the end.  HEADER declares it.
BEGIN {
	printf "/* Made by src/gen/embed.awk; the texts are edited in the files named below. */\n"
	printf "#include \"%s\"\n\nconst struct embedded %s[] = {\n", header, table
}

FNR == 1 {
	if (NR > 1)
		print "\t},"
	path = FILENAME
	if (index(path, root) == 1)
		path = substr(path, length(root) + 1)
	printf "\t{\n\t\t\"%s\",\n", path
}

{
	gsub(/[\\"]/, "\\\\&")
	gsub(/\t/, "\\t")
	printf "\t\t\"%s\\n\"\n", $0
}

END {
	if (NR > 0)
		print "\t},"
	print "\t{0, 0},\n};"
}
