/* clock: see clock.h. */
#include "base/clock.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t clock_times(int count, int64_t span_ns)
{
	int64_t product;

	return __builtin_mul_overflow((int64_t)count, span_ns, &product) ? INT64_MAX : product;
}

char *clock_print(int64_t time_ns, int digits, char text[CLOCK_TEXT])
{
	int64_t seconds = time_ns / NS_PER_S, rest = time_ns % NS_PER_S;
	struct tm tm;

	if (rest < 0) {
		rest += NS_PER_S;
		seconds--;
	}
	time_t t = (time_t)seconds;
	if (!gmtime_r(&t, &tm)) {
		snprintf(text, CLOCK_TEXT, "-");
		return text;
	}
	int used = snprintf(text, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (digits > 0)
		used += snprintf(text + used, CLOCK_TEXT - (size_t)used, ".%09lld", (long long)rest) - (9 - digits);
	memcpy(text + used, "Z", 2);
	return text;
}

/* [+-]DIGITS[.DIGITS] into nanoseconds, exactly; *end is behind it. */
static bool parse_decimal(const char *text, const char **end, int64_t *ns)
{
	bool negative = *text == '-';
	int64_t whole = 0, fraction = 0, unit = NS_PER_S / 10;

	if (*text == '-' || *text == '+')
		text++;
	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		whole = whole * 10 + (*text - '0');
		if (whole > INT64_MAX / NS_PER_S - 1)
			return false;
	}
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text); text++, unit /= 10)
			fraction += (*text - '0') * unit;
	*ns = whole * NS_PER_S + fraction;
	if (negative)
		*ns = -*ns;
	*end = text;
	return true;
}

bool clock_parse_span(const char *text, int64_t *span_ns)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	const char *end;

	if (!parse_decimal(text, &end, span_ns) || *span_ns < 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strcmp(end, units[i].unit)) {
			double scaled = (double)*span_ns * units[i].seconds;
			if (scaled >= 9e18)
				return false;
			if (units[i].seconds != 1)
				*span_ns = llround(scaled);
			return true;
		}
	return false;
}

/* YYYY-MM-DD[(T| )HH:MM[:SS[.FRACTION]][Z|(+|-)HH:MM]] */
static bool parse_rfc3339(const char *text, int64_t *time_ns)
{
	struct tm tm = {0};
	int used = 0, hours = 0, minutes = 0;
	int64_t fraction = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3 || used != 10)
		return false;
	text += used;
	if (*text == 'T' || *text == 't' || *text == ' ') {
		used = 0;
		if (sscanf(text + 1, "%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &used) != 2 || used != 5)
			return false;
		text += 1 + used;
		if (*text == ':') {
			used = 0;
			if (sscanf(text + 1, "%2d%n", &tm.tm_sec, &used) != 1 || used != 2)
				return false;
			text += 1 + used;
		}
		if (*text == '.') {
			int64_t unit = NS_PER_S / 10;

			for (text++; isdigit((unsigned char)*text); text++, unit /= 10)
				fraction += (*text - '0') * unit;
		}
		int sign = *text == '-' ? -1 : *text == '+' ? 1 : 0;
		if (sign) {
			used = 0;
			if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5)
				return false;
			text += 1 + used;
			hours *= sign;
			minutes *= sign;
		} else if (*text == 'Z' || *text == 'z') {
			text++;
		}
	}
	if (*text || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
		tm.tm_min > 59 || tm.tm_sec > 60 || tm.tm_year < 1678 || tm.tm_year > 2261)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	int64_t seconds = (int64_t)timegm(&tm) - hours * 3600 - minutes * 60;
	*time_ns = seconds * NS_PER_S + fraction;
	return true;
}

bool clock_parse(const char *text, int64_t now_ns, int64_t *time_ns)
{
	const char *end;
	int64_t span;

	if (parse_rfc3339(text, time_ns))
		return true;
	if (parse_decimal(text, &end, time_ns) && !*end)
		return true;
	if (clock_parse_span(text, &span)) {
		*time_ns = now_ns - span;
		return true;
	}
	return false;
}

char *clock_print_span(int64_t ns, char text[CLOCK_TEXT])
{
	static const struct {
		double unit;
		const char *name;
	} small[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "\u00b5s"}, {1, "ns"}};
	int64_t seconds = (ns + NS_PER_S / 2) / NS_PER_S;

	if (seconds >= 86400) {
		snprintf(text, CLOCK_TEXT, "%lld d %lld h", (long long)(seconds / 86400),
			(long long)(seconds % 86400 / 3600));
	} else if (seconds >= 3600) {
		snprintf(text, CLOCK_TEXT, "%lld h %02lld min", (long long)(seconds / 3600),
			(long long)(seconds % 3600 / 60));
	} else if (seconds >= 60) {
		snprintf(text, CLOCK_TEXT, "%lld min %02lld s", (long long)(seconds / 60), (long long)(seconds % 60));
	} else if (ns == 0) {
		snprintf(text, CLOCK_TEXT, "0 s");
	} else {
		int i = 0;

		while ((double)ns < small[i].unit * 0.9995 && i < 3)
			i++;
		double v = (double)ns / small[i].unit;
		int decimals = v >= 99.95 || i == 3 ? 0 : v >= 9.995 ? 1 : 2;
		snprintf(text, CLOCK_TEXT, "%.*f %s", decimals, v, small[i].name);
	}
	return text;
}

int64_t clock_wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}
