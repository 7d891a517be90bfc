/* units: see units.h. */
#include "view/units.h"

#include <stdio.h>

#include "base/clock.h"

/* Three significant digits and the name of the power of 1000 they belong to. */
static char *print(int64_t value, const char *const names[7], char text[UNITS_TEXT])
{
	double v = (double)value;
	int power = 0;

	for (; v >= 999.5 && power < 6; power++)
		v /= 1000;
	int decimals = !power || v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2;
	snprintf(text, UNITS_TEXT, "%.*f%s", decimals, v, names[power]);
	return text;
}

char *units_count(int64_t value, char text[UNITS_TEXT])
{
	static const char *const names[7] = {"", "k", "M", "G", "T", "P", "E"};

	return print(value, names, text);
}

char *units_bytes(int64_t value, char text[UNITS_TEXT])
{
	static const char *const names[7] = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};

	return print(value, names, text);
}

char *units_span(int64_t span_ns, char text[UNITS_TEXT])
{
	static const struct {
		int64_t ns;
		const char *name;
	} units[] = {{86400 * NS_PER_S, "d"}, {3600 * NS_PER_S, "h"}, {60 * NS_PER_S, "min"}, {NS_PER_S, "s"},
		{NS_PER_MS, "ms"}, {NS_PER_US, "us"}};
	const size_t last = sizeof units / sizeof *units - 1;
	size_t i = 0;

	while (i < last && span_ns < units[i].ns)
		i++;
	/* seconds are told more exactly while they are few */
	bool few = units[i].ns == NS_PER_S && span_ns < 10 * NS_PER_S;
	snprintf(text, UNITS_TEXT, "%.*f %s", few ? 2 : 0,
		few ? (double)(span_ns / (10 * NS_PER_MS)) / 100 : (double)(span_ns / units[i].ns), units[i].name);
	return text;
}
