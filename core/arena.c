/* SPDX-License-Identifier: BSD-3-Clause
 * A list of blocks filled front to back. Small requests share a block of at least MIN_BLOCK; a large
 * request gets a block of its own. arena_release() rewinds; blocks behind the mark stay for reuse. */
#include "core/arena.h"

#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCKS = 16, MIN_BLOCK = 1 << 16, ALIGN = 64 };

struct block {
	char *data;
	int64_t size;
};

struct arena {
	struct block *block;
	int64_t n_blocks, room; /* room: how many the list can hold */
	int64_t current, used;	/* used: bytes taken in the current block */
};

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		fail(ERR_RESOURCE, "out of memory");
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (int64_t i = 0; i < arena->n_blocks; i++)
		free(arena->block[i].data);
	free(arena->block);
	free(arena);
}

static void *out_of_memory(int64_t bytes)
{
	fail(ERR_RESOURCE,
		"out of memory: %.1f MB more were needed; a smaller --memory makes "
		"smaller slabs",
		(double)bytes / 1e6);
	return NULL;
}

/* Room for one more block in the list: every thread may ask for some, and machines have hundreds. */
static int grow_list(struct arena *arena)
{
	int64_t room = arena->room ? 2 * arena->room : FIRST_BLOCKS;
	struct block *block;

	if (arena->n_blocks < arena->room)
		return 1;
	block = realloc(arena->block, (size_t)room * sizeof(*block));
	if (!block)
		return 0;
	arena->block = block;
	arena->room = room;
	return 1;
}

/* A block for `bytes` becomes the current one: a kept block that is large enough, else a new one. */
static int next_block(struct arena *arena, int64_t bytes)
{
	int64_t next = arena->n_blocks && arena->used > 0 ? arena->current + 1 : arena->current;
	int64_t size = bytes > MIN_BLOCK ? bytes : MIN_BLOCK;

	for (int64_t i = next; i < arena->n_blocks; i++) {
		if (arena->block[i].size >= bytes) {
			struct block found = arena->block[i];
			arena->block[i] = arena->block[next];
			arena->block[next] = found;
			arena->current = next;
			arena->used = 0;
			return 1;
		}
	}
	if (!grow_list(arena))
		return 0;
	if (next < arena->n_blocks)
		arena->block[arena->n_blocks] = arena->block[next];
	arena->n_blocks++;
	arena->block[next].data = aligned_alloc(ALIGN, (size_t)size);
	arena->block[next].size = arena->block[next].data ? size : 0;
	arena->current = next;
	arena->used = 0;
	return arena->block[next].data != NULL;
}

void *arena_alloc(struct arena *arena, int64_t count, size_t size)
{
	int64_t bytes;
	char *at;

	if (count < 0 || __builtin_mul_overflow(count, (int64_t)size, &bytes) ||
		__builtin_add_overflow(bytes, ALIGN - 1, &bytes))
		return out_of_memory(INT64_MAX);
	bytes &= ~(int64_t)(ALIGN - 1);
	if (bytes == 0)
		bytes = ALIGN;
	if (arena->n_blocks == 0 || arena->block[arena->current].size - arena->used < bytes) {
		if (!next_block(arena, bytes))
			return out_of_memory(bytes);
	}
	at = arena->block[arena->current].data + arena->used;
	arena->used += bytes;
#ifdef TOMO_POISON
	memset(at, 0xff, (size_t)bytes);
#endif
	return at;
}

void *arena_zero(struct arena *arena, int64_t count, size_t size)
{
	void *at = arena_alloc(arena, count, size);

	if (at)
		memset(at, 0, (size_t)count * size);
	return at;
}

char *arena_copy(struct arena *arena, const char *text)
{
	size_t n = strlen(text) + 1;
	char *at = arena_alloc(arena, (int64_t)n, 1);

	return at ? memcpy(at, text, n) : NULL;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *at = NULL;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	if (n >= 0 && (at = arena_alloc(arena, (int64_t)n + 1, 1)))
		vsnprintf(at, (size_t)n + 1, format, again);
	va_end(again);
	va_end(args);
	return at;
}

struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){arena->current, arena->used};
}

void arena_release(struct arena *arena, struct arena_mark mark)
{
	arena->current = mark.block;
	arena->used = mark.used;
}
