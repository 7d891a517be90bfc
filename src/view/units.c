/* units: see units.h. */
#include "view/units.h"

#include <stdio.h>

/* Three significant digits and the power of 1000 they belong to. */
static void scale(int64_t value, char digits[16], unsigned *power)
{
	double v = (double)value;

	for (*power = 0; v >= 999.5 && *power < 6; ++*power)
		v /= 1000;
	if (!*power)
		snprintf(digits, 16, "%d", (int)value);
	else
		snprintf(digits, 16, "%.*f", v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2, v);
}

char *units_count(int64_t value, char text[UNITS_TEXT])
{
	static const char *const names[] = {"", "k", "M", "G", "T", "P", "E"};
	char digits[16];
	unsigned power;

	scale(value, digits, &power);
	snprintf(text, UNITS_TEXT, "%s%s", digits, names[power]);
	return text;
}

char *units_bytes(int64_t value, char text[UNITS_TEXT])
{
	static const char *const names[] = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};
	char digits[16];
	unsigned power;

	scale(value, digits, &power);
	snprintf(text, UNITS_TEXT, "%s%s", digits, names[power]);
	return text;
}
