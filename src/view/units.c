/* units: see units.h. */
#include "view/units.h"

#include <stdio.h>

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
