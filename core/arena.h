/* SPDX-License-Identifier: BSD-3-Clause
 * Memory belongs to an arena and is freed whole, so that an early return never leaks.
 * An arena belongs to one thread at a time. Blocks are 64-byte aligned and not cleared; in debug
 * builds (TOMO_POISON) fresh memory is filled with NaN patterns so that reading it shows. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/* NULL with fail(ERR_RESOURCE) when there is no memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */

/* count * size bytes, overflow checked; NULL with fail(ERR_RESOURCE) when there is no memory. */
void *arena_alloc(struct arena *arena, int64_t count, size_t size);
void *arena_zero(struct arena *arena, int64_t count, size_t size); /* the same, cleared */

#define ARENA_NEW(arena, type, count)  ((type *)arena_alloc(arena, count, sizeof(type)))
#define ARENA_ZERO(arena, type, count) ((type *)arena_zero(arena, count, sizeof(type)))

/* Text that lives as long as the arena. */
char *arena_copy(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Scratch use: everything allocated since arena_mark() is given back to the arena (not to the
 * system), so that the next item of a loop reuses the same warm pages. */
struct arena_mark {
	int64_t block, used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);

#endif
