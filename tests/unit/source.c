/* Classic files, compressed ones, filters, several inputs, and what is said about files that cannot be read. */
#include "source/source.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "tests/lib/tap.h"
#include "tests/unit/files.h"

static struct err err;

static struct source *open_one(const char *name)
{
	return source_open(&name, 1, NULL, &err);
}

/* Reads everything; returns the number of frames, with the last one and the ends in *last and *damaged. */
static unsigned read_all(struct source *source, struct frame *last, bool *damaged)
{
	struct frame frame;
	unsigned count = 0;

	*damaged = false;
	for (;;)
		switch (source_next(source, &frame, &err)) {
		case SOURCE_FRAME:
		case SOURCE_FILTERED:
			*last = frame;
			count++;
			break;
		case SOURCE_DAMAGED:
			*damaged = true;
			break;
		case SOURCE_IDLE:
		case SOURCE_NEWS:
		case SOURCE_END:
			return count;
		}
}

static int64_t only_time(const struct made *m)
{
	struct frame last = {0};
	bool damaged;

	files_save("a", m);
	struct source *source = open_one("a");
	unsigned count = source ? read_all(source, &last, &damaged) : 0;
	source_close(source);
	return count == 1 ? last.time_ns : CLOCK_NONE;
}

static void byte_orders_and_precisions(void)
{
	static const struct {
		const char *name;
		bool little;
		uint32_t magic;
		int64_t nanoseconds;
	} rows[] = {
		{"little-endian microseconds", true, MICRO, 123456000},
		{"big-endian microseconds", false, MICRO, 123456000},
		{"little-endian nanoseconds", true, NANO, 123456},
		{"big-endian nanoseconds", false, NANO, 123456},
		{"modified, little-endian", true, MODIFIED, 123456000},
		{"modified, big-endian", false, MODIFIED, 123456000},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct made m;
		struct frame f = {0};

		make_pcap(&m, rows[i].little, rows[i].magic, 1);
		make(&m, 1700000000, 4);
		make(&m, 123456, 4);
		make(&m, 60, 4);
		make(&m, 1500, 4);
		if (rows[i].magic == MODIFIED)
			make(&m, 0, 8);
		make_fill(&m, 0x5a, 60);
		files_save("a", &m);
		struct source *source = open_one("a");
		tap_ok(source && source_next(source, &f, &err) == SOURCE_FRAME && f.captured == 60 &&
				f.length == 1500 && f.time_ns == INT64_C(1700000000) * NS_PER_S + rows[i].nanoseconds &&
				f.number == 1 && f.link_type == 1 && f.bytes[59] == 0x5a &&
				source_next(source, &f, &err) == SOURCE_END,
			"%s: the packet comes with its exact time, lengths and bytes", rows[i].name);
		source_close(source);
	}
}

static void odd_times(void)
{
	struct made m;

	make_pcap(&m, true, MICRO, 1);
	make_packet(&m, 0, 0, 4, 4, 0);
	tap_equal_int(only_time(&m), 0, "1970 is a time");
	make_pcap(&m, true, NANO, 1);
	make_packet(&m, 0x80000000u, 1, 4, 4, 0);
	tap_equal_int(only_time(&m), INT64_C(2147483648000000001), "2038 does not turn into 1901");
	make_pcap(&m, false, MICRO, 1);
	make_packet(&m, UINT32_MAX, 999999, 4, 4, 0);
	tap_equal_int(only_time(&m), INT64_C(4294967295999999000), "2106 is a time");
	make_pcap(&m, true, NANO, 1);
	make_packet(&m, 7, 1000000000, 4, 4, 0);
	tap_equal_int(only_time(&m), 7 * NS_PER_S, "a fraction of a whole second or more is left out");
	make_pcap(&m, true, NANO, 1);
	make_packet(&m, 7, UINT32_MAX, 4, 4, 0);
	tap_equal_int(only_time(&m), 7 * NS_PER_S, "a negative fraction is left out");
}

static void link_types(void)
{
	static const struct {
		uint32_t in_file;
		int given;
		const char *name;
	} rows[] = {{1, 1, "EN10MB"}, {12, 101, "RAW"}, {14, 101, "RAW"}, {101, 101, "RAW"}, {276, 276, "LINUX_SLL2"}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct made m;

		make_pcap(&m, true, MICRO, rows[i].in_file);
		files_save("a", &m);
		struct source *source = open_one("a");
		const char *name = source ? source_link_name(source_input(source, 0)->link_type) : NULL;
		tap_ok(source && source_input(source, 0)->link_type == rows[i].given && name &&
				!strcmp(name, rows[i].name),
			"link type %u of a file is given as %d, %s", rows[i].in_file, rows[i].given, rows[i].name);
		source_close(source);
	}
	tap_ok(!source_link_name(-1) && !source_link_name(64999), "an unknown link type has no name");
}

static void make_three(struct made *m)
{
	make_pcap(m, true, MICRO, 1);
	for (uint32_t i = 0; i < 3; i++)
		make_packet(m, 100 + i, 0, 50, 60, (uint8_t)i);
}

static void cut_at_every_length(void)
{
	struct made m;
	unsigned wrong = 0;

	make_three(&m);
	for (size_t length = 24; length <= m.length; length++) {
		const size_t records = length - 24, whole = records / 66;
		const bool cut = records % 66;
		struct frame last = {0};
		bool damaged;
		char want[200];

		files_write("cut", m.byte, length);
		struct source *source = open_one("cut");
		unsigned count = source ? read_all(source, &last, &damaged) : 99;
		snprintf(want, sizeof want,
			"cut: ends inside packet %zu: %zu packet%s read (copy it again if it was being written)",
			whole + 1, whole, whole == 1 ? "" : "s");
		if (count != whole || damaged != cut || (cut && (strcmp(err.text, want) || err.code != ERR_DAMAGED)) ||
			(source && source_input(source, 0)->damaged != cut))
			wrong++;
		source_close(source);
	}
	tap_equal_int(wrong, 0, "a file cut anywhere gives all its whole packets, then one line");

	unsigned opened = 0;
	for (size_t length = 0; length < 24; length++) {
		files_write("cut", m.byte, length);
		struct source *source = open_one("cut");
		opened += source != NULL;
		source_close(source);
	}
	tap_equal_int(opened, 0, "a file cut inside its header is refused");
	tap_equal_text(err.text, "cut: ends inside the file header (copy it again if it was being written)",
		"and the line says so");

	m.byte[24 + 66 + 8 + 3] = 0x7f;
	files_save("cut", &m);
	struct source *source = open_one("cut");
	struct frame last;
	bool damaged;
	tap_equal_int(read_all(source, &last, &damaged), 1, "an absurd length ends the file there");
	tap_ok(damaged && strstr(err.text, "cut: damaged at packet 2: ") && strstr(err.text, ": 1 packet read ("),
		"and the line names the packet");
	tap_equal_int(source_next(source, &last, &err), SOURCE_END, "after the end there is only the end");
	source_close(source);
}

static void refused(const char *name, const char *want, const char *test)
{
	struct source *source = open_one(name);

	tap_ok(!source && err.code == ERR_FAILED, "%s: refused", test);
	tap_equal_text(source ? "opened" : err.text, want, test);
	source_close(source);
}

static void what_cannot_be_read(void)
{
	struct made m;

	make_three(&m);
	files_save("edge.pcapng", &m);
	files_write("notes.txt", "Meeting at noon", 15);
	files_write("odd", "\x1b[2J\"\\", 6);
	files_write("empty", "", 0);
	mkdir("traces", 0755);
	refused("edge.pcap", "edge.pcap: no such file (did you mean edge.pcapng?)", "a near name is offered");
	refused("./edge.pcap", "./edge.pcap: no such file (did you mean ./edge.pcapng?)", "its folder is kept");
	refused("zzz", "zzz: no such file (ls shows what is there)", "no near name");
	refused("nowhere/zzz", "nowhere/zzz: no such file (ls nowhere/ shows what is there)", "no such folder");
	refused("notes.txt", "notes.txt: not a capture file: starts with \"Meeti\" (pcap and pcapng can be read)",
		"a text");
	refused("odd", "odd: not a capture file: starts with \"\\x1b[2J\\x22\" (pcap and pcapng can be read)",
		"first bytes are made visible");
	refused("empty", "empty: empty, no capture in it (capture again)", "an empty file");
	refused("traces", "traces: a folder, not a capture file (lastack read traces/* takes all in it)", "a folder");
	if (geteuid() != 0) {
		chmod("notes.txt", 0);
		refused("notes.txt", "notes.txt: no permission to read it (ls -l notes.txt; sudo may help)",
			"no permission");
	}
	const char *const twice[] = {"-", "-"};
	int kept = dup(STDIN_FILENO), given = open("edge.pcapng", O_RDONLY);
	dup2(given, STDIN_FILENO);
	close(given);
	tap_ok(!source_open(twice, 2, NULL, &err) && err.code == ERR_USAGE, "standard input cannot be read twice");
	dup2(kept, STDIN_FILENO);
	close(kept);
}

static void compressed(void)
{
	static const struct {
		const char *name;
		int (*filter)(struct archive *);
	} rows[] = {{"gzip", archive_write_add_filter_gzip}, {"zstd", archive_write_add_filter_zstd},
		{"xz", archive_write_add_filter_xz}, {"bzip2", archive_write_add_filter_bzip2},
		{"lz4", archive_write_add_filter_lz4}};
	struct made m, text = {.byte = "Meeting at noon", .length = 15}, nothing = {.length = 0};
	struct frame last;
	bool damaged;

	make_three(&m);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool packed = files_save_packed("p", &m, rows[i].filter);
		struct source *source = packed ? open_one("p") : NULL;
		tap_ok(source && read_all(source, &last, &damaged) == 3 && !damaged && last.bytes[0] == 2,
			"%s: every packet is unpacked", rows[i].name);
		tap_ok(source && source_input(source, 0)->read_bytes == source_input(source, 0)->file_bytes,
			"%s: progress counts the bytes of the file", rows[i].name);
		source_close(source);
	}
	files_save_packed("p", &text, archive_write_add_filter_gzip);
	refused("p", "p: not a capture file inside gzip: starts with \"Meeti\" (pcap and pcapng can be read)",
		"a packed text");
	files_save_packed("p", &nothing, archive_write_add_filter_gzip);
	refused("p", "p: empty inside gzip, no capture in it (capture again)", "a packed nothing");
	files_write("p", "\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff\xff\xff", 14); /* a header, then no block of any type */
	struct source *source = open_one("p");
	tap_ok(!source && !strncmp(err.text, "p: cannot be unpacked: ", 23),
		"damaged gzip data are refused in one line");
	source_close(source);

	m.length = 24;
	for (uint32_t i = 0; i < 100; i++)
		make_packet(&m, i, i * 7919, 50, 50, (uint8_t)(i * 31));
	bool cut = files_save_packed("p", &m, archive_write_add_filter_gzip) && !truncate("p", 400);
	source = open_one("p");
	tap_ok(cut && (!source || (read_all(source, &last, &damaged) < 100 && damaged)),
		"a cut gzip file is not taken for a whole one");
	source_close(source);
}

static void standard_input(void)
{
	struct made m;
	struct frame last;
	bool damaged;
	int ends[2], kept = dup(STDIN_FILENO);

	make_three(&m);
	if (pipe(ends))
		return;
	fflush(stdout);
	pid_t writer = fork();
	if (writer == 0) {
		/* Little by little, as a slow capture writes. */
		for (size_t i = 0; i < m.length; i++)
			if (write(ends[1], m.byte + i, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	struct source *source = open_one("-");
	tap_ok(source && read_all(source, &last, &damaged) == 3 && !damaged && last.bytes[49] == 2,
		"a slow pipe is read through standard input");
	tap_ok(source && source_input(source, 0)->fingerprint == 0 && source_input(source, 0)->file_bytes == 0,
		"a pipe has neither size nor fingerprint");
	source_close(source);
	dup2(kept, STDIN_FILENO);
	close(kept);
	waitpid(writer, NULL, 0);
}

static uint64_t fingerprint_of(const char *name)
{
	struct source *source = open_one(name);
	uint64_t print = source ? source_input(source, 0)->fingerprint : 0;

	source_close(source);
	return print;
}

static void fingerprints(void)
{
	struct made m;

	make_three(&m);
	files_save("a", &m);
	files_save("b", &m);
	m.byte[m.length - 1]++;
	files_save("cut", &m);
	tap_ok(fingerprint_of("a") && fingerprint_of("a") == fingerprint_of("b"),
		"the same bytes have the same fingerprint");
	tap_ok(fingerprint_of("a") != fingerprint_of("cut"), "one other byte makes another fingerprint");
}

/* One line per frame: input letter, then the second. */
static void merged(const char *const *names, unsigned count, const char *want, const char *test)
{
	char got[200] = "";
	size_t used = 0;
	struct frame f;
	struct source *source = source_open(names, count, NULL, &err);

	for (bool more = source; more;)
		switch (source_next(source, &f, &err)) {
		case SOURCE_FRAME:
		case SOURCE_FILTERED:
			used += (size_t)snprintf(got + used, sizeof got - used, "%c%d ", 'a' + (int)f.input,
				(int)(f.time_ns / NS_PER_S));
			if (f.bytes[0] != (uint8_t)(f.time_ns / NS_PER_S))
				used += (size_t)snprintf(got + used, sizeof got - used, "(wrong bytes) ");
			break;
		case SOURCE_DAMAGED:
			used += (size_t)snprintf(got + used, sizeof got - used, "%c! ", err.text[0]);
			break;
		case SOURCE_IDLE:
		case SOURCE_NEWS:
		case SOURCE_END:
			more = false;
		}
	tap_equal_text(got, want, test);
	source_close(source);
}

static void save_times(const char *name, const uint8_t *seconds, size_t count, size_t cut)
{
	struct made m;

	make_pcap(&m, true, MICRO, 1);
	for (size_t i = 0; i < count; i++)
		make_packet(&m, seconds[i], 0, 20, 20, seconds[i]);
	files_write(name, m.byte, m.length - cut);
}

static void several_inputs(void)
{
	static const char *const names[] = {"a", "b", "cut"};

	save_times("a", (uint8_t[]){1, 3, 5}, 3, 0);
	save_times("b", (uint8_t[]){2, 3, 6}, 3, 0);
	save_times("cut", (uint8_t[]){0, 3, 4}, 3, 0);
	merged(names, 3, "c0 a1 b2 a3 b3 c3 c4 a5 b6 ",
		"files come in time order, equal times in the order of the files");
	save_times("b", (uint8_t[]){4, 2, 2, 9}, 4, 0);
	merged(names, 2, "a1 a3 b4 b2 b2 a5 b9 ", "a file's own order stays, even where its times go back");
	save_times("cut", (uint8_t[]){2, 4}, 2, 1);
	merged(names, 3, "a1 c2 c! a3 b4 b2 b2 a5 b9 ", "when one is cut, the others go on");
	save_times("cut", NULL, 0, 0);
	merged(names, 3, "a1 a3 b4 b2 b2 a5 b9 ", "a file without packets adds nothing");
	merged((const char *const[]){"a", "a"}, 2, "a1 b1 a3 b3 a5 b5 ", "the same file twice is two inputs");
}

static void filters(void)
{
	struct made m;
	struct frame f;
	const char *const name = "a";

	make_pcap(&m, true, MICRO, 1);
	make_packet(&m, 1, 0, 60, 60, 0x11);
	make_packet(&m, 2, 0, 200, 200, 0x22);
	files_save("a", &m);
	struct source *source = source_open(&name, 1, "greater 100", &err);
	tap_ok(source && source_next(source, &f, &err) == SOURCE_FILTERED && f.number == 1,
		"a packet that the filter refuses is given as filtered, with its number");
	tap_ok(source && source_next(source, &f, &err) == SOURCE_FRAME && f.number == 2, "one that it wants is given");
	source_close(source);

	static const struct {
		const char *filter, *line;
	} rows[] = {
		{"tcp prt 80",
			"filter 'tcp prt 80': syntax error at 'prt' (did you mean 'port'? see man 7 pcap-filter)"},
		{"tcp and (", "filter 'tcp and (': syntax error (see man 7 pcap-filter)"},
		{"tpc", "filter 'tpc': syntax error at 'tpc' (did you mean 'tcp'? see man 7 pcap-filter)"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		tap_ok(!source_open(&name, 1, rows[i].filter, &err) && err.code == ERR_USAGE, "'%s' is wrong usage",
			rows[i].filter);
		tap_equal_text(err.text, rows[i].line, "and its line says where");
	}
}

int main(void)
{
	static const char *const names[] = {"a", "b", "cut", "p", "edge.pcapng", "notes.txt", "odd", "empty", "traces"};

	files_begin();
	byte_orders_and_precisions();
	odd_times();
	link_types();
	cut_at_every_length();
	what_cannot_be_read();
	compressed();
	standard_input();
	fingerprints();
	several_inputs();
	filters();
	files_end(names, sizeof names / sizeof names[0]);
	return tap_end();
}
