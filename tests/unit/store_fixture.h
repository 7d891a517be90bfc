/* store_fixture: a folder of its own for a test's databases, records to put into them, plain SQL to
 * look at them. */
#ifndef LASTACK_TESTS_UNIT_STORE_FIXTURE_H
#define LASTACK_TESTS_UNIT_STORE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/addr.h"
#include "record/record.h"
#include "store/query.h"
#include "store/store.h"

/* Goes into a new folder; its files are removed one by one by fixture_remove, the folder by
 * fixture_end. */
static char fixture_folder[] = "/tmp/lastack-store-XXXXXX";

static inline void fixture_begin(void)
{
	if (!mkdtemp(fixture_folder) || chdir(fixture_folder)) {
		puts("Bail out! no temporary folder");
		exit(1);
	}
}

static inline void fixture_remove(const char *file)
{
	static const char *const parts[] = {"", "-wal", "-shm", "-journal"};
	char name[256];

	for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(name, sizeof name, "%s%s", file, parts[i]);
		unlink(name);
	}
}

static inline void fixture_end(void)
{
	if (chdir("/") || rmdir(fixture_folder))
		printf("# %s is not empty\n", fixture_folder);
}

static inline struct addr fixture_address(const char *text)
{
	struct addr address = {{0}};

	addr_parse(text, &address);
	return address;
}

/* What a person would do with plain sqlite3: the rows of the answer, values joined by '|', rows by
 * a newline; "" when there are none.  It lives until the next one. */
static inline const char *ask(const char *file, const char *sql)
{
	static char answer[8192];
	sqlite3 *db;
	sqlite3_stmt *statement = NULL;
	size_t length = 0;

	*answer = '\0';
	if (sqlite3_open(file, &db) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)
		while (sqlite3_step(statement) == SQLITE_ROW)
			for (int i = 0; i < sqlite3_column_count(statement) && length < sizeof answer - 1; i++) {
				const char *value = (const char *)sqlite3_column_text(statement, i);

				length += (size_t)snprintf(answer + length, sizeof answer - length, "%s%s",
					i        ? "|"
					: length ? "\n"
						 : "",
					value ? value : "-");
			}
	else
		snprintf(answer, sizeof answer, "%s", sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return answer;
}

/* 10.0.0.1:40000 to 192.0.2.9:443, closed; for tests to change what they are about. */
static inline struct conn_record fixture_record(int64_t id)
{
	struct conn_record record;

	record_clear(&record);
	record.id = id;
	record.capture_id = 1;
	record.ip[INITIATOR] = fixture_address("10.0.0.1");
	record.ip[RESPONDER] = fixture_address("192.0.2.9");
	record.port[INITIATOR] = 40000;
	record.port[RESPONDER] = 443;
	record.first_ns = INT64_C(1795399936061323000);
	record.last_ns = record.first_ns + 2 * NS_PER_S;
	record.duration_us = 2000000;
	record.outcome = outcome_words[OUTCOME_CLOSED].word;
	record.state[INITIATOR] = state_words[TCP_TIME_WAIT].name;
	record.state_basis[INITIATOR] = basis_words[BASIS_PRESUMED];
	record.state[RESPONDER] = state_words[TCP_CLOSED].name;
	record.state_basis[RESPONDER] = basis_words[BASIS_PROVED];
	record.timeline = "[[0,\"I\",\"SS\",\"p\"]]";
	return record;
}

#endif
