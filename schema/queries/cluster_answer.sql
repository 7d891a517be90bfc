-- How the answer of a cluster is written: names, types, then rows.
{question}
FORMAT TabSeparatedWithNamesAndTypes
