/* SPDX-License-Identifier: BSD-3-Clause
 * Watershed by flooding; see segment/watershed.h. Threads flood blocks of planes, each with a halo. What lies
 * beyond a block counts as a marker of an unknown label that wins every tie: what it does not reach is certain.
 * Where it reaches into the block itself, the block is done again with a larger halo. */
#include "segment/watershed.h"

#include "core/parallel.h"

#include <string.h>

/* Low bytes of the work array; the level is in the high byte. */
enum { FREE = 0, UNKNOWN = 254, WALL = 255 };
enum { LEVELS = 256, CHUNK = 255, HALO = 24, LEAST_BLOCK = 16, MOST_BLOCK = 256 };

/* Voxels in the order they came. Chunks live in one array; 0 is none. */
struct chunk {
	uint32_t next, voxel[CHUNK];
};
struct list {
	uint32_t first, last, n; /* n: voxels in the last chunk */
};

struct flood {
	int64_t planes, ny, nx;
	int64_t sx, sy; /* steps in y and in z: a row and a plane end with a wall */
	uint16_t *work;
	struct chunk *chunk;
	uint32_t spare, fresh; /* chunks given back; the next that was never used */
	int n_lists;	       /* of a level: see label_of() */
	int64_t origin;	       /* plane of the volume that is the first */
	struct list *bucket;   /* of level and label */
	struct list *now, *next;
};

/* Lists are worked off in order, and the first to reach a voxel has it. The first half are of odd voxels (z + y + x),
 * which reach even ones: the unknown label, then labels ascending; the second half of even voxels: the
 * unknown label, then labels descending. */
static int label_of(const struct flood *f, int list)
{
	int half = f->n_lists / 2;

	if (list % half == 0)
		return UNKNOWN;
	return list < half ? list : f->n_lists - list;
}

static int list_of(const struct flood *f, int label, int even)
{
	int half = f->n_lists / 2;

	if (label == UNKNOWN)
		return even ? half : 0;
	return even ? f->n_lists - label : label;
}

static int64_t at(const struct flood *f, int64_t z, int64_t y)
{
	return (z + 1) * f->sy + (y + 1) * f->sx + 1;
}

static uint32_t take_chunk(struct flood *f)
{
	uint32_t c = f->spare;

	if (c)
		f->spare = f->chunk[c].next;
	else
		c = f->fresh++;
	f->chunk[c].next = 0;
	return c;
}

static inline void push(struct flood *f, struct list *list, uint32_t voxel)
{
	if (list->n == CHUNK || !list->first) {
		uint32_t c = take_chunk(f);

		*(list->first ? &f->chunk[list->last].next : &list->first) = c;
		list->last = c;
		list->n = 0;
	}
	f->chunk[list->last].voxel[list->n++] = voxel;
}

/* All voxels of the list spread at `level`; the list is given back. */
static void spread(struct flood *f, struct list *list, int level, int k)
{
	const int64_t step[6] = {-f->sy, -f->sx, -1, 1, f->sx, f->sy};
	uint16_t label = (uint16_t)label_of(f, k);
	int to = list_of(f, label, k < f->n_lists / 2);

	for (uint32_t c = list->first; c;) {
		uint32_t next = f->chunk[c].next, n = next ? CHUNK : list->n;

		for (uint32_t i = 0; i < n; i++) {
			uint16_t *u = f->work + f->chunk[c].voxel[i];

			for (int d = 0; d < 6; d++) {
				uint16_t *v = u + step[d];
				int own = *v >> 8;

				if ((*v & 255) != FREE)
					continue;
				*v |= label;
				push(f,
					own <= level ? f->next + to
						     : f->bucket + own * f->n_lists + to,
					(uint32_t)(v - f->work));
			}
		}
		f->chunk[c].next = f->spare;
		f->spare = c;
		c = next;
	}
	*list = (struct list){0, 0, 0};
}

static void run(struct flood *f)
{
	for (int level = 0; level < LEVELS; level++) {
		struct list *first = f->bucket + level * f->n_lists;
		int waiting = 0;

		for (int k = 0; k < f->n_lists; k++) {
			f->now[k] = first[k];
			first[k] = (struct list){0, 0, 0};
			waiting |= f->now[k].first != 0;
		}
		while (waiting) {
			struct list *swap = f->now;

			waiting = 0;
			for (int k = 0; k < f->n_lists; k++)
				if (f->now[k].first)
					spread(f, f->now + k, level, k);
			for (int k = 0; k < f->n_lists; k++)
				waiting |= f->next[k].first != 0;
			f->now = f->next;
			f->next = swap;
		}
	}
}

/* Label that a free voxel beside markers gets; FREE: there is none beside it. */
static int seeded(const struct flood *f, const uint16_t *v, int even)
{
	const int64_t step[6] = {-f->sy, -f->sx, -1, 1, f->sx, f->sy};
	int best = FREE;

	for (int d = 0; d < 6; d++) {
		int label = v[step[d]] & 255;

		if (label == UNKNOWN)
			return UNKNOWN;
		if (label == FREE || label == WALL)
			continue;
		if (best == FREE || (even ? label < best : label > best))
			best = label;
	}
	return best;
}

/* Voxels beside markers are what the flood starts from. They are marked when all are found, since they are
 * no markers themselves. */
static void start(struct flood *f, const uint8_t *markers)
{
	for (int64_t z = 0; z < f->planes; z++)
		for (int64_t y = 0; y < f->ny; y++) {
			const uint8_t *row = markers + (z * f->ny + y) * f->nx, *hit = row;

			while ((hit = memchr(hit, FREE, (size_t)(row + f->nx - hit)))) {
				int64_t x = hit++ - row;
				uint32_t i = (uint32_t)(at(f, z, y) + x);
				int even = (f->origin + z + y + x) % 2 == 0;
				int label = seeded(f, f->work + i, even);
				int k = (f->work[i] >> 8) * f->n_lists + list_of(f, label, even);

				if (label != FREE)
					push(f, f->bucket + k, i);
			}
		}
	for (int64_t b = 0; b < (int64_t)LEVELS * f->n_lists; b++)
		for (uint32_t c = f->bucket[b].first; c; c = f->chunk[c].next) {
			uint32_t n = f->chunk[c].next ? CHUNK : f->bucket[b].n;
			int label = label_of(f, (int)(b % f->n_lists));

			for (uint32_t i = 0; i < n; i++)
				f->work[f->chunk[c].voxel[i]] |= (uint16_t)label;
		}
}

/* The work array: levels and markers between walls; beyond the first and last plane a wall where the volume
 * ends, else the unknown label. */
static void fill(
	struct flood *f, const uint8_t *level, const uint8_t *markers, int before, int after)
{
	int64_t n = (f->planes + 2) * f->sy + f->sx + 2;

	memset(f->work, WALL, (size_t)n * sizeof(*f->work));
	for (int64_t z = 0; z < f->planes; z++)
		for (int64_t y = 0; y < f->ny; y++) {
			uint16_t *w = f->work + at(f, z, y);
			const uint8_t *l = level + (z * f->ny + y) * f->nx;
			const uint8_t *m = markers + (z * f->ny + y) * f->nx;

			for (int64_t x = 0; x < f->nx; x++)
				w[x] = (uint16_t)(l[x] << 8 | m[x]);
		}
	for (int64_t y = 0; y < f->ny; y++)
		for (int64_t x = 0; x < f->nx; x++) {
			if (before)
				f->work[at(f, -1, y) + x] = UNKNOWN;
			if (after)
				f->work[at(f, f->planes, y) + x] = UNKNOWN;
		}
}

/* What a flood of some planes takes. */
struct size {
	int64_t work, chunks;
};

struct blocks {
	const struct slab *slab;
	const uint8_t *level, *markers;
	uint8_t *labels;
	int64_t planes; /* of a block */
	int n_lists;
	int64_t *open; /* free voxels of each plane p0 to p1 */
	uint8_t *most; /* its largest marker */
	struct size size;
	struct flood *flood; /* of each thread, with memory of that size */
	_Atomic int64_t uncertain;
};

static struct size size_of(const struct blocks *b, int64_t from, int64_t to)
{
	const struct slab *s = b->slab;
	int64_t open = 0;

	for (int64_t p = from; p < to; p++)
		open += b->open[p - s->p0];
	/* walls; and every list may hold a chunk that is not full */
	return (struct size){(to - from + 2) * (s->ny + 1) * (s->nx + 1) + s->nx + 3,
		open / CHUNK + (int64_t)(LEVELS + 2) * b->n_lists + 2};
}

static enum err make(const struct blocks *b, struct size size, struct flood *f, struct arena *arena)
{
	const struct slab *s = b->slab;

	*f = (struct flood){.ny = s->ny, .nx = s->nx, .n_lists = b->n_lists};
	f->sx = f->nx + 1;
	f->sy = (f->ny + 1) * f->sx;
	if (size.work > UINT32_MAX)
		return fail(ERR_USAGE,
			"watershed: blocks of %lld voxels, but they must have less than 2^32: "
			"smaller planes",
			(long long)size.work);
	f->work = ARENA_NEW(arena, uint16_t, size.work);
	f->chunk = ARENA_NEW(arena, struct chunk, size.chunks);
	f->bucket = ARENA_NEW(arena, struct list, (int64_t)LEVELS * f->n_lists);
	f->now = ARENA_NEW(arena, struct list, f->n_lists);
	f->next = ARENA_NEW(arena, struct list, f->n_lists);
	NEED(f->work);
	NEED(f->chunk);
	NEED(f->bucket);
	NEED(f->now);
	NEED(f->next);
	return OK;
}

/* Labels of the planes of the block; how many voxels of it are uncertain. */
static int64_t keep(const struct flood *f, int64_t skip, int64_t planes, uint8_t *labels)
{
	int64_t uncertain = 0;

	for (int64_t z = 0; z < planes; z++)
		for (int64_t y = 0; y < f->ny; y++) {
			const uint16_t *w = f->work + at(f, z + skip, y);

			for (int64_t x = 0; x < f->nx; x++) {
				uint8_t label = (uint8_t)(w[x] & 255);

				uncertain += label == UNKNOWN;
				*labels++ = label == UNKNOWN ? FREE : label;
			}
		}
	return uncertain;
}

/* Planes z0 to z1 with a halo, as far as it is there. */
static void with_halo(const struct slab *s, int64_t z0, int64_t z1, int64_t halo, int64_t range[2])
{
	range[0] = z0 - halo > s->p0 ? z0 - halo : s->p0;
	range[1] = z1 + halo < s->p1 ? z1 + halo : s->p1;
}

/* Floods planes z0 to z1, with planes of range about them. */
static int64_t flood_planes(
	const struct blocks *b, struct flood *f, int64_t z0, int64_t z1, const int64_t range[2])
{
	const struct slab *s = b->slab;
	int64_t plane = s->ny * s->nx, skip = (range[0] - s->p0) * plane;

	f->planes = range[1] - range[0];
	f->origin = range[0];
	f->spare = 0;
	f->fresh = 1;
	for (int k = 0; k < LEVELS * f->n_lists; k++)
		f->bucket[k] = (struct list){0, 0, 0};
	for (int k = 0; k < f->n_lists; k++)
		f->now[k] = f->next[k] = (struct list){0, 0, 0};
	fill(f, b->level + skip, b->markers + skip, range[0] > 0, range[1] < s->nz);
	start(f, b->markers + skip);
	run(f);
	return keep(f, z0 - range[0], z1 - z0, b->labels + (z0 - s->z0) * plane);
}

/* The same with memory of its own: the halo is larger than usual. */
static enum err flood_more(
	const struct blocks *b, int64_t z0, int64_t z1, const int64_t range[2], int64_t *uncertain)
{
	struct arena *arena = arena_new();
	struct flood f;
	enum err e;

	NEED(arena);
	e = make(b, size_of(b, range[0], range[1]), &f, arena);
	if (e == OK)
		*uncertain = flood_planes(b, &f, z0, z1, range);
	arena_free(arena);
	return e;
}

static enum err flood_block(void *context, int64_t k, int thread)
{
	struct blocks *b = context;
	const struct slab *s = b->slab;
	int64_t z0 = s->z0 + k * b->planes, range[2], uncertain, halo = HALO;
	int64_t z1 = z0 + b->planes < s->z1 ? z0 + b->planes : s->z1;

	with_halo(s, z0, z1, halo, range);
	uncertain = flood_planes(b, b->flood + thread, z0, z1, range);
	while (uncertain && (range[0] > s->p0 || range[1] < s->p1)) {
		halo *= 4;
		with_halo(s, z0, z1, halo, range);
		TRY(flood_more(b, z0, z1, range, &uncertain));
	}
	b->uncertain += uncertain;
	return OK;
}

static enum err count_plane(void *context, int64_t p, int thread)
{
	struct blocks *b = context;
	int64_t n = b->slab->ny * b->slab->nx, open = 0;
	const uint8_t *markers = b->markers + p * n;
	uint8_t most = 0;

	(void)thread;
	for (int64_t i = 0; i < n; i++) {
		open += markers[i] == FREE;
		most = markers[i] > most ? markers[i] : most;
	}
	b->open[p] = open;
	b->most[p] = most;
	return OK;
}

/* Counts free voxels, checks markers, and gives every thread memory for its largest block. */
static enum err prepare(struct blocks *b, struct arena *scratch)
{
	const struct slab *s = b->slab;
	int64_t planes = s->p1 - s->p0, range[2];
	int most = 0;

	b->open = ARENA_NEW(scratch, int64_t, planes);
	b->most = ARENA_NEW(scratch, uint8_t, planes);
	b->flood = ARENA_NEW(scratch, struct flood, parallel_threads());
	NEED(b->open);
	NEED(b->most);
	NEED(b->flood);
	TRY(parallel_for(planes, count_plane, b));
	for (int64_t p = 0; p < planes; p++)
		most = b->most[p] > most ? b->most[p] : most;
	if (most > WATERSHED_LABELS)
		return fail(ERR_USAGE, "watershed: marker %d, but labels go to %d", most,
			WATERSHED_LABELS);
	b->n_lists = 2 * (most + 1);
	for (int64_t z = s->z0; z < s->z1; z += b->planes) {
		struct size size;

		with_halo(s, z, z + b->planes < s->z1 ? z + b->planes : s->z1, HALO, range);
		size = size_of(b, range[0], range[1]);
		b->size.work = size.work > b->size.work ? size.work : b->size.work;
		b->size.chunks = size.chunks > b->size.chunks ? size.chunks : b->size.chunks;
	}
	for (int k = 0; k < parallel_threads() && k * b->planes < s->z1 - s->z0; k++)
		TRY(make(b, b->size, b->flood + k, scratch));
	return OK;
}

enum err watershed(const struct slab *slab, const uint8_t *level, const uint8_t *markers,
	uint8_t *labels, int64_t *uncertain, struct arena *scratch)
{
	struct blocks b = {slab, level, markers, labels, .uncertain = 0};
	int64_t n = slab->z1 - slab->z0, share = (n + parallel_threads() - 1) / parallel_threads();
	struct arena_mark mark = arena_mark(scratch);
	enum err e;

	TRY(slab_check(slab, 0, "watershed"));
	b.planes = share < LEAST_BLOCK ? LEAST_BLOCK : share > MOST_BLOCK ? MOST_BLOCK : share;
	e = prepare(&b, scratch);
	if (e == OK)
		e = parallel_for((n + b.planes - 1) / b.planes, flood_block, &b);
	arena_release(scratch, mark);
	*uncertain = b.uncertain;
	return e;
}
