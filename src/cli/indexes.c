/* indexes: see indexes.h. */
#include "cli/indexes.h"

#include "base/log.h"
#include "store/index.h"
#include "store/query.h"
#include "view/term.h"

/* Fewer rows are read through in less time than it takes to notice. */
enum { WORTH_ROWS = 100000 };

static bool are_worth_it(struct store *store)
{
	int64_t lowest, highest;

	return query_id_range(store, &lowest, &highest) && highest - lowest >= WORTH_ROWS;
}

/* As store_lacks_indexes; 0 too where they are not worth it. */
static bool count_lacking(const char *database, const char *names, bool always, unsigned *lacking, struct err *err)
{
	struct store *store = store_open(database, STORE_READ, err);
	struct err ignored;

	if (!store)
		return false;
	*lacking = always || are_worth_it(store) ? store_lacks_indexes(store, names) : 0;
	store_close(store, &ignored);
	return true;
}

static bool make(const char *database, const char *names, struct err *err)
{
	struct store *store = store_open(database, STORE_INDEX, err);
	struct err ignored;

	if (!store)
		return false;
	bool done = store_make_indexes(store, names, err);
	return store_close(store, done ? err : &ignored) && done;
}

bool indexes_for_question(const char *database, const char *names, struct err *err)
{
	unsigned lacking;
	struct err why;

	if (!count_lacking(database, names, false, &lacking, err))
		return false;
	if (!lacking)
		return true;
	if (store_is_written(database)) {
		if (term_is(stderr))
			log_note("%s is being written to: asked without indexes, which takes longer", database);
		return true;
	}
	if (term_is(stderr))
		log_note("%s: making %u index%s for this question, once", database, lacking, lacking == 1 ? "" : "es");
	make(database, names, &why); /* where that cannot be it goes without */
	return true;
}

bool indexes_make_all(const char *database, unsigned *made, struct err *err)
{
	return count_lacking(database, NULL, true, made, err) && (!*made || make(database, NULL, err));
}
