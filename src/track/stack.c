/* stack: see stack.h. */
#include "track/stack.h"

#include <stddef.h>
#include <strings.h>

#include "base/clock.h"

const struct stack stacks[STACKS] = {
#define STACK(id, word, time_wait_ms, least_timeout_ms, most_timeout_ms, syn_ack_copies, source)                       \
	[STACK_##id] = {word, time_wait_ms * NS_PER_MS, least_timeout_ms * NS_PER_MS, most_timeout_ms * NS_PER_MS,     \
		syn_ack_copies, source},
#include "track/stacks.def"
#undef STACK
};

const struct stack *stack_find(const char *word)
{
	for (int i = 0; i < STACKS; i++)
		if (!strcasecmp(word, stacks[i].word))
			return &stacks[i];
	return NULL;
}

struct stack stack_with_msl(const struct stack *stack, int64_t msl_ns)
{
	struct stack changed = *stack;

	if (msl_ns >= 0)
		changed.time_wait_ns = 2 * msl_ns;
	return changed;
}
