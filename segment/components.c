/* SPDX-License-Identifier: BSD-3-Clause
 * Connected components; see segment/components.h. Planes are worked on in blocks, each alone: its runs are
 * found, joined and numbered in the block. Then the numbers of neighbouring blocks are joined where runs
 * meet. The smaller number is always the root, so that numbers keep the order of first voxels. */
#include "segment/components.h"

#include "core/parallel.h"
#include "segment/components_kernels.h"

#include <string.h>

enum { BLOCK_PLANES = 16, LINE_LIMIT = 65535 };

struct block {
	int64_t z, n;	       /* planes */
	uint32_t *begin;       /* first run of line (z, y), one more at the end */
	struct run *run;       /* in order of z, y, x */
	uint32_t *id;	       /* of a run: its component in the block, from 0 */
	struct component *sum; /* of the block's components */
	uint32_t n_ids, base;  /* base: component 0 among those of all blocks */
	struct block *next;
};

struct components {
	int64_t ny, nx, nz;
	int reach;  /* how far apart in x two touching runs of neighbouring lines may be: 0 or 1 */
	int planes; /* of a block */
	struct label_range object;
	struct arena *arena;
	const struct components_kernels *kernels;
	struct block *first, *last;
	uint32_t *parent; /* of the blocks' components; after finish: their final numbers from 0 */
	int64_t n_parents, room;
	struct component *list;
	int64_t n;
};

enum err components_new(struct components **out, int64_t ny, int64_t nx, int connectivity,
	struct label_range object, struct arena *arena)
{
	struct components *c = ARENA_ZERO(arena, struct components, 1);
	int64_t most = ny * ((nx + 1) / 2); /* runs of a plane */

	NEED(c);
	if (connectivity != 6 && connectivity != 26)
		return fail(ERR_USAGE, "components: connectivity is %d, but it must be 6 or 26",
			connectivity);
	if (ny < 1 || nx < 1 || ny > LINE_LIMIT || nx > LINE_LIMIT)
		return fail(ERR_USAGE,
			"components: planes of %lld x %lld voxels, but they must have 1 to %d each "
			"way",
			(long long)ny, (long long)nx, LINE_LIMIT);
	c->ny = ny;
	c->nx = nx;
	c->reach = connectivity == 26;
	c->planes = most * BLOCK_PLANES < UINT32_MAX ? BLOCK_PLANES : 1;
	c->object = object;
	c->arena = arena;
	c->kernels = ISA_PICK(components_kernels);
	*out = c;
	return OK;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

static void unite(uint32_t *parent, uint32_t a, uint32_t b)
{
	if (parent[a] == parent[b])
		return;
	a = root_of(parent, a);
	b = root_of(parent, b);
	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
}

/* Runs of one line: their number, and the component of each plus base (id NULL: base, base + 1, ...). */
struct line {
	const struct run *run;
	const uint32_t *id;
	int64_t n;
	uint32_t base;
};

static inline uint32_t id_of(const struct line *line, int64_t i)
{
	return line->base + (line->id ? line->id[i] : (uint32_t)i);
}

/* Which line goes on is computed, not branched on: it cannot be predicted. */
static inline void join_lines(
	const struct line *a, const struct line *b, int reach, uint32_t *parent)
{
	int64_t i = 0, j = 0;

	while (i < a->n && j < b->n) {
		const struct run *p = a->run + i, *q = b->run + j;
		int ends = p->end <= q->end; /* no later run of b touches p */

		if (p->start < q->end + reach && q->start < p->end + reach)
			unite(parent, id_of(a, i), id_of(b, j));
		i += ends;
		j += !ends;
	}
}

/* Line y of plane z of the block before its runs have component numbers. */
static inline struct line bare_line(const struct block *b, int64_t line)
{
	uint32_t begin = b->begin[line];

	return (struct line){b->run + begin, NULL, b->begin[line + 1] - begin, begin};
}

static void join_block(const struct components *c, struct block *b)
{
	int64_t ny = c->ny, lines = b->n * ny;

	for (uint32_t i = 0; i < b->begin[lines]; i++)
		b->id[i] = i;
	for (int64_t l = 0; l < lines; l++) {
		struct line here = bare_line(b, l), other;
		int64_t y = l % ny;

		if (here.n == 0)
			continue;
		if (y > 0) {
			other = bare_line(b, l - 1);
			join_lines(&here, &other, c->reach, b->id);
		}
		for (int64_t dy = -c->reach; l >= ny && dy <= c->reach; dy++) {
			if (y + dy < 0 || y + dy >= ny)
				continue;
			other = bare_line(b, l - ny + dy);
			join_lines(&here, &other, c->reach, b->id);
		}
	}
}

/* Parents become numbers of components, in order of their roots. parent[i] <= i. */
static uint32_t number(uint32_t *parent, int64_t n)
{
	uint32_t count = 0;

	for (int64_t i = 0; i < n; i++)
		parent[i] = parent[i] == i ? count++ : parent[parent[i]];
	return count;
}

struct add {
	struct components *c;
	struct block **block;
	const uint8_t *planes;
	int64_t z;
};

static enum err count_block(void *context, int64_t k, int thread)
{
	const struct add *add = context;
	const struct components *c = add->c;
	struct block *b = add->block[k];
	const uint8_t *line = add->planes + (b->z - add->z) * c->ny * c->nx;
	uint32_t sum = 0;

	(void)thread;
	for (int64_t l = 0; l < b->n * c->ny; l++) {
		b->begin[l] = sum;
		sum += (uint32_t)c->kernels->count(line + l * c->nx, c->nx, c->object);
	}
	b->begin[b->n * c->ny] = sum;
	return OK;
}

static enum err label_block(void *context, int64_t k, int thread)
{
	const struct add *add = context;
	const struct components *c = add->c;
	struct block *b = add->block[k];
	const uint8_t *line = add->planes + (b->z - add->z) * c->ny * c->nx;

	(void)thread;
	for (int64_t l = 0; l < b->n * c->ny; l++)
		if (b->begin[l + 1] > b->begin[l])
			c->kernels->find(line + l * c->nx, c->nx, c->object,
				(uint16_t *)(b->run + b->begin[l]));
	join_block(c, b);
	b->n_ids = number(b->id, b->begin[b->n * c->ny]);
	return OK;
}

static void grow(struct component *sum, const struct component *part)
{
	sum->voxels += part->voxels;
	for (int k = 0; k < 3; k++) {
		sum->sum[k] += part->sum[k];
		sum->low[k] = part->low[k] < sum->low[k] ? part->low[k] : sum->low[k];
		sum->high[k] = part->high[k] > sum->high[k] ? part->high[k] : sum->high[k];
	}
}

static void clear(struct component *list, int64_t n)
{
	static const struct component none = {
		0, {0, 0, 0}, {INT32_MAX, INT32_MAX, INT32_MAX}, {0, 0, 0}};

	for (int64_t i = 0; i < n; i++)
		list[i] = none;
}

static enum err measure_block(void *context, int64_t k, int thread)
{
	const struct add *add = context;
	const struct components *c = add->c;
	struct block *b = add->block[k];

	(void)thread;
	clear(b->sum, b->n_ids);
	for (int64_t l = 0; l < b->n * c->ny; l++) {
		int32_t z = (int32_t)(b->z + l / c->ny), y = (int32_t)(l % c->ny);

		for (uint32_t i = b->begin[l]; i < b->begin[l + 1]; i++) {
			int32_t start = b->run[i].start, end = b->run[i].end;
			int64_t n = end - start;
			struct component part = {n, {n * z, n * y, n * (start + end - 1) / 2},
				{z, y, start}, {z + 1, y + 1, end}};

			grow(b->sum + b->id[i], &part);
		}
	}
	return OK;
}

/* Entries for n more components of blocks, each its own root. */
static enum err more_parents(struct components *c, int64_t n)
{
	if (c->n_parents + n >= UINT32_MAX)
		return fail(ERR_RESOURCE,
			"components: more than %lld pieces, but at most 2^32 - 2 can be counted",
			(long long)c->n_parents);
	if (c->n_parents + n > c->room) {
		int64_t room = 2 * (c->n_parents + n);
		uint32_t *parent = ARENA_NEW(c->arena, uint32_t, room);

		NEED(parent);
		if (c->n_parents)
			memcpy(parent, c->parent, (size_t)c->n_parents * sizeof(*parent));
		c->parent = parent;
		c->room = room;
	}
	for (int64_t i = 0; i < n; i++)
		c->parent[c->n_parents + i] = (uint32_t)(c->n_parents + i);
	c->n_parents += n;
	return OK;
}

static struct line numbered_line(const struct block *b, int64_t line)
{
	uint32_t begin = b->begin[line];

	return (struct line){b->run + begin, b->id + begin, b->begin[line + 1] - begin, b->base};
}

/* The first plane of b with the last plane of the block before. */
static void join_blocks(struct components *c, const struct block *before, const struct block *b)
{
	for (int64_t y = 0; y < c->ny; y++) {
		struct line here = numbered_line(b, y), other;

		for (int64_t dy = -c->reach; here.n && dy <= c->reach; dy++) {
			if (y + dy < 0 || y + dy >= c->ny)
				continue;
			other = numbered_line(before, (before->n - 1) * c->ny + y + dy);
			join_lines(&here, &other, c->reach, c->parent);
		}
	}
}

static enum err append(struct components *c, struct block *b)
{
	b->base = (uint32_t)c->n_parents;
	TRY(more_parents(c, b->n_ids));
	if (c->last)
		join_blocks(c, c->last, b);
	*(c->last ? &c->last->next : &c->first) = b;
	c->last = b;
	return OK;
}

static enum err make_blocks(struct components *c, struct block **block, int64_t n)
{
	for (int64_t z = 0, k = 0; z < n; z += c->planes, k++) {
		struct block *b = block[k] = ARENA_ZERO(c->arena, struct block, 1);

		NEED(b);
		b->z = c->nz + z;
		b->n = n - z < c->planes ? n - z : c->planes;
		b->begin = ARENA_NEW(c->arena, uint32_t, b->n * c->ny + 1);
		NEED(b->begin);
	}
	return OK;
}

enum err components_add(struct components *c, const uint8_t *planes, int64_t n)
{
	int64_t n_blocks = (n + c->planes - 1) / c->planes;
	struct add add = {c, ARENA_NEW(c->arena, struct block *, n_blocks), planes, c->nz};

	NEED(add.block);
	if (c->nz + n > INT32_MAX)
		return fail(ERR_USAGE, "components: more than %d planes", INT32_MAX);
	TRY(make_blocks(c, add.block, n));
	TRY(parallel_for(n_blocks, count_block, &add));
	for (int64_t k = 0; k < n_blocks; k++) {
		struct block *b = add.block[k];
		int64_t runs = b->begin[b->n * c->ny];

		b->run = ARENA_NEW(c->arena, struct run, runs);
		b->id = ARENA_NEW(c->arena, uint32_t, runs);
		NEED(b->run);
		NEED(b->id);
	}
	TRY(parallel_for(n_blocks, label_block, &add));
	for (int64_t k = 0; k < n_blocks; k++) {
		add.block[k]->sum = ARENA_NEW(c->arena, struct component, add.block[k]->n_ids);
		NEED(add.block[k]->sum);
	}
	TRY(parallel_for(n_blocks, measure_block, &add));
	for (int64_t k = 0; k < n_blocks; k++)
		TRY(append(c, add.block[k]));
	c->nz += n;
	return OK;
}

enum err components_finish(struct components *c)
{
	c->n = number(c->parent, c->n_parents);
	c->list = ARENA_NEW(c->arena, struct component, c->n);
	NEED(c->list);
	clear(c->list, c->n);
	for (const struct block *b = c->first; b; b = b->next)
		for (uint32_t i = 0; i < b->n_ids; i++)
			grow(c->list + c->parent[b->base + i], b->sum + i);
	return OK;
}

int64_t components_count(const struct components *c)
{
	return c->n;
}

const struct component *components_list(const struct components *c)
{
	return c->list;
}

/* Painting: one of labels and planes is set. */
struct paint {
	const struct components *c;
	int64_t z, n;
	uint32_t *labels;
	const uint8_t *value;
	uint8_t *planes;
};

static void paint_line(const struct paint *p, const struct block *b, int64_t line, int64_t at)
{
	if (p->labels)
		memset(p->labels + at, 0, (size_t)p->c->nx * sizeof(*p->labels));
	for (uint32_t i = b->begin[line]; i < b->begin[line + 1]; i++) {
		uint32_t id = p->c->parent[b->base + b->id[i]];

		for (int64_t x = b->run[i].start; p->labels && x < b->run[i].end; x++)
			p->labels[at + x] = id + 1;
		if (p->planes)
			memset(p->planes + at + b->run[i].start, p->value[id],
				(size_t)(b->run[i].end - b->run[i].start));
	}
}

static enum err paint_plane(void *context, int64_t k, int thread)
{
	const struct paint *p = context;
	const struct block *b = p->c->first;
	int64_t z = p->z + k, ny = p->c->ny;

	(void)thread;
	while (b && b->z + b->n <= z)
		b = b->next;
	for (int64_t y = 0; b && y < ny; y++)
		paint_line(p, b, (z - b->z) * ny + y, (k * ny + y) * p->c->nx);
	return OK;
}

static enum err paint(const struct paint *p)
{
	if (!p->c->list || p->z < 0 || p->z + p->n > p->c->nz)
		return fail(ERR_USAGE,
			"components: planes %lld to %lld cannot be painted, only 0 to %lld, once "
			"all "
			"are labelled",
			(long long)p->z, (long long)(p->z + p->n), (long long)p->c->nz);
	return parallel_for(p->n, paint_plane, (void *)(uintptr_t)p);
}

enum err components_paint(const struct components *c, int64_t z, int64_t n, uint32_t *labels)
{
	struct paint p = {.c = c, .z = z, .n = n, .labels = labels};

	return paint(&p);
}

enum err components_mark(
	const struct components *c, int64_t z, int64_t n, const uint8_t *value, uint8_t *planes)
{
	struct paint p = {.c = c, .z = z, .n = n, .value = value, .planes = planes};

	return paint(&p);
}
