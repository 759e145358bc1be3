/* SPDX-License-Identifier: BSD-3-Clause */
#include "truth/score_blobs.h"

#include <stdlib.h>
#include <string.h>

struct run {
	int64_t begin, end; /* columns, half open */
	int64_t node;
};

/* Runs of a plane, row by row. */
struct runs {
	struct run *run;
	int64_t *row; /* ny + 1 */
	int64_t n, room;
};

struct node {
	struct blob blob;
	int64_t parent; /* itself: a root */
};

/* Overlaps by hashing; a free place has n 0. */
struct pairs {
	struct overlap *place;
	int64_t n, room; /* room: a power of two */
};

struct blobs {
	struct arena *arena;
	int64_t ny, nx, least, tidy, tidy_at;
	uint8_t label;
	struct runs now[2], before[2];
	struct node *node[2];
	int64_t n[2], room[2];
	struct pairs pairs;
};

/* At least one more item of `size` bytes; what is there stays. */
static enum err grow(struct arena *arena, void *items, int64_t n, int64_t *room, size_t size)
{
	void *old, *more;
	int64_t wanted = *room < 1024 ? 1024 : 2 * *room;

	if (n < *room)
		return OK;
	NEED(more = arena_alloc(arena, wanted, size));
	memcpy(&old, items, sizeof(old));
	if (n > 0)
		memcpy(more, old, (size_t)n * size);
	memcpy(items, &more, sizeof(more));
	*room = wanted;
	return OK;
}

static enum err pairs_new(struct blobs *b, int64_t room)
{
	b->pairs = (struct pairs){.room = room};
	NEED(b->pairs.place = ARENA_ZERO(b->arena, struct overlap, room));
	return OK;
}

static void pairs_put(struct pairs *p, const struct overlap *o)
{
	uint64_t mask = (uint64_t)p->room - 1;
	uint64_t at = ((uint64_t)o->truth * 0x9e3779b97f4a7c15u) ^
		      ((uint64_t)o->found * 0xc2b2ae3d27d4eb4fu);

	for (at ^= at >> 29;; at++) {
		struct overlap *place = &p->place[at & mask];

		if (place->n && (place->truth != o->truth || place->found != o->found))
			continue;
		p->n += place->n == 0;
		place->truth = o->truth;
		place->found = o->found;
		place->n += o->n;
		return;
	}
}

static enum err pairs_add(struct blobs *b, struct overlap o)
{
	struct pairs old = b->pairs;

	if (2 * (old.n + 1) > old.room) {
		TRY(pairs_new(b, 2 * old.room));
		for (int64_t i = 0; i < old.room; i++)
			if (old.place[i].n)
				pairs_put(&b->pairs, &old.place[i]);
	}
	pairs_put(&b->pairs, &o);
	return OK;
}

enum err blobs_new(struct blobs **blobs, int64_t ny, int64_t nx, uint8_t label, int64_t least,
	int64_t tidy, struct arena *arena)
{
	struct blobs *b = ARENA_ZERO(arena, struct blobs, 1);

	NEED(*blobs = b);
	b->arena = arena;
	b->ny = ny;
	b->nx = nx;
	b->label = label;
	b->least = least;
	b->tidy = b->tidy_at = tidy > 0 ? tidy : 1000000;
	for (int side = 0; side < 2; side++) {
		NEED(b->now[side].row = ARENA_ZERO(arena, int64_t, ny + 1));
		NEED(b->before[side].row = ARENA_ZERO(arena, int64_t, ny + 1));
	}
	return pairs_new(b, 4096);
}

static int64_t find(struct node *node, int64_t i)
{
	while (node[i].parent != i) {
		node[i].parent = node[node[i].parent].parent;
		i = node[i].parent;
	}
	return i;
}

static void join(struct blob *into, const struct blob *from)
{
	into->n += from->n;
	into->first = from->first < into->first ? from->first : into->first;
	for (int k = 0; k < 3; k++) {
		into->sum[k] += from->sum[k];
		into->low[k] = from->low[k] < into->low[k] ? from->low[k] : into->low[k];
		into->high[k] = from->high[k] > into->high[k] ? from->high[k] : into->high[k];
	}
}

/* The root of both; the older node stays. */
static int64_t unite(struct node *node, int64_t i, int64_t j)
{
	i = find(node, i);
	j = find(node, j);
	if (i == j)
		return i;
	if (j < i) {
		int64_t k = i;

		i = j;
		j = k;
	}
	node[j].parent = i;
	join(&node[i].blob, &node[j].blob);
	return i;
}

/* Runs of a row that touch this one (corners too): its node becomes theirs. */
static void touch(struct blobs *b, int side, struct run *run, const struct runs *with, int64_t y,
	int64_t *cursor)
{
	int64_t i = *cursor, end = with->row[y + 1];

	while (i < end && with->run[i].end < run->begin)
		i++;
	*cursor = i; /* the next run lies further right */
	for (; i < end && with->run[i].begin <= run->end; i++)
		run->node = run->node < 0 ? find(b->node[side], with->run[i].node)
					  : unite(b->node[side], run->node, with->run[i].node);
}

static struct blob blob_of(const struct blobs *b, int64_t z, int64_t y, const struct run *run)
{
	int64_t n = run->end - run->begin;

	return (struct blob){.n = n,
		.sum = {n * z, n * y, n * (run->begin + run->end - 1) / 2},
		.low = {z, y, run->begin},
		.high = {z, y, run->end - 1},
		.first = (z * b->ny + y) * b->nx + run->begin};
}

static enum err settle(struct blobs *b, int side, int64_t z, int64_t y, struct run *run)
{
	struct blob blob = blob_of(b, z, y, run);

	if (run->node >= 0) {
		run->node = find(b->node[side], run->node);
		join(&b->node[side][run->node].blob, &blob);
		return OK;
	}
	TRY(grow(b->arena, &b->node[side], b->n[side], &b->room[side], sizeof(struct node)));
	run->node = b->n[side]++;
	b->node[side][run->node] = (struct node){.blob = blob, .parent = run->node};
	return OK;
}

static enum err row_runs(
	struct blobs *b, int side, int64_t z, int64_t y, const uint8_t *row, struct runs *now)
{
	const struct runs *before = &b->before[side];
	int64_t cursor[4];

	for (int k = 0; k < 3; k++)
		cursor[k] = y + k - 1 >= 0 && y + k - 1 < b->ny ? before->row[y + k - 1] : 0;
	cursor[3] = y > 0 ? now->row[y - 1] : 0;
	for (int64_t x = 0; x < b->nx;) {
		const uint8_t *at = memchr(row + x, b->label, (size_t)(b->nx - x));
		struct run run = {.node = -1};

		if (!at)
			break;
		run.begin = at - row;
		for (x = run.begin; x < b->nx && row[x] == b->label; x++)
			;
		run.end = x;
		for (int k = 0; k < 3; k++)
			if (y + k - 1 >= 0 && y + k - 1 < b->ny)
				touch(b, side, &run, before, y + k - 1, &cursor[k]);
		if (y > 0)
			touch(b, side, &run, now, y - 1, &cursor[3]);
		TRY(settle(b, side, z, y, &run));
		TRY(grow(b->arena, &now->run, now->n, &now->room, sizeof(run)));
		now->run[now->n++] = run;
	}
	now->row[y + 1] = now->n;
	return OK;
}

static enum err plane_overlaps(struct blobs *b, int64_t y)
{
	const struct runs *t = &b->now[SCORE_TRUTH], *f = &b->now[SCORE_FOUND];
	int64_t i = t->row[y], j = f->row[y];

	while (i < t->row[y + 1] && j < f->row[y + 1]) {
		const struct run *p = &t->run[i], *q = &f->run[j];
		int64_t begin = p->begin > q->begin ? p->begin : q->begin;
		int64_t end = p->end < q->end ? p->end : q->end;

		if (begin < end)
			TRY(pairs_add(
				b, (struct overlap){find(b->node[SCORE_TRUTH], p->node),
					   find(b->node[SCORE_FOUND], q->node), end - begin}));
		if (p->end < q->end)
			i++;
		else
			j++;
	}
	return OK;
}

/* Numbers for the nodes that stay: roots that are large enough or (last given) go on in these runs. */
static enum err number_nodes(
	struct blobs *b, int side, const struct runs *last, int64_t **number, int64_t *n)
{
	struct node *node = b->node[side];

	*n = 0;
	NEED(*number = ARENA_NEW(b->arena, int64_t, b->n[side]));
	for (int64_t i = 0; i < b->n[side]; i++)
		(*number)[i] = -1;
	for (int64_t i = 0; last && i < last->n; i++)
		(*number)[find(node, last->run[i].node)] = 0;
	for (int64_t i = 0; i < b->n[side]; i++)
		if (node[i].parent == i && ((*number)[i] == 0 || node[i].blob.n >= b->least))
			(*number)[i] = (*n)++;
		else
			(*number)[i] = -1;
	for (int64_t i = 0; i < b->n[side]; i++)
		if (node[i].parent != i)
			(*number)[i] = (*number)[find(node, i)];
	return OK;
}

/* In the same table, so that tidying takes no memory. */
static enum err renumber_pairs(struct blobs *b, int64_t *const number[2])
{
	struct pairs *p = &b->pairs;
	struct overlap *kept = ARENA_NEW(b->arena, struct overlap, p->n);
	int64_t n = 0;

	NEED(kept);
	for (int64_t i = 0; i < p->room; i++) {
		struct overlap o = p->place[i];

		if (!o.n)
			continue;
		o.truth = number[SCORE_TRUTH][o.truth];
		o.found = number[SCORE_FOUND][o.found];
		if (o.truth >= 0 && o.found >= 0)
			kept[n++] = o;
	}
	memset(p->place, 0, (size_t)p->room * sizeof(*p->place));
	p->n = 0;
	for (int64_t i = 0; i < n; i++)
		pairs_put(p, &kept[i]);
	return OK;
}

/* Forgets what is finished and small, and nodes that are joined to others. */
static enum err forget(struct blobs *b, bool finished)
{
	struct arena_mark mark = arena_mark(b->arena);
	int64_t *number[2], n[2];

	for (int side = 0; side < 2; side++) {
		struct runs *last = &b->now[side];

		TRY(number_nodes(b, side, finished ? NULL : last, &number[side], &n[side]));
		for (int64_t i = 0; i < last->n; i++)
			last->run[i].node = number[side][last->run[i].node];
	}
	TRY(renumber_pairs(b, number));
	for (int side = 0; side < 2; side++) {
		for (int64_t i = 0; i < b->n[side]; i++) {
			int64_t to = number[side][i];

			if (to < 0 || b->node[side][i].parent != i)
				continue;
			b->node[side][to].blob = b->node[side][i].blob; /* to <= i */
			b->node[side][to].parent = to;
		}
		b->n[side] = n[side];
	}
	b->tidy_at = b->tidy + 2 * (n[0] + n[1]);
	arena_release(b->arena, mark);
	return OK;
}

enum err blobs_plane(struct blobs *b, int64_t z, const uint8_t *truth, const uint8_t *found)
{
	const uint8_t *plane[2] = {truth, found};

	for (int side = 0; side < 2; side++) {
		struct runs old = b->before[side];

		b->before[side] = b->now[side];
		b->now[side] = old;
		b->now[side].n = 0;
		b->now[side].row[0] = 0;
		for (int64_t y = 0; y < b->ny; y++)
			TRY(row_runs(b, side, z, y, plane[side] + y * b->nx, &b->now[side]));
	}
	for (int64_t y = 0; y < b->ny; y++)
		TRY(plane_overlaps(b, y));
	return b->n[0] + b->n[1] > b->tidy_at ? forget(b, false) : OK;
}

/* Order of the results; ties of size never decide by how nodes were numbered. */
static int larger_first(const void *a, const void *b)
{
	const struct node *p = a, *q = b;

	if (p->blob.n != q->blob.n)
		return p->blob.n > q->blob.n ? -1 : 1;
	return p->blob.first < q->blob.first ? -1 : 1;
}

static int overlap_order(const void *a, const void *b)
{
	const struct overlap *p = a, *q = b;

	if (p->n != q->n)
		return p->n > q->n ? -1 : 1;
	if (p->truth != q->truth)
		return p->truth < q->truth ? -1 : 1;
	return p->found < q->found ? -1 : p->found > q->found;
}

/* rank[i]: the place of node i in the order of size. */
static enum err sort_blobs(struct blobs *b, int side, const struct blob **sorted, int64_t **rank)
{
	int64_t n = b->n[side];
	struct node *copy = ARENA_NEW(b->arena, struct node, n);
	struct blob *list = ARENA_NEW(b->arena, struct blob, n);

	NEED(copy);
	NEED(list);
	NEED(*rank = ARENA_NEW(b->arena, int64_t, n));
	if (n > 0) /* after forget(): all are roots, parent is their number */
		memcpy(copy, b->node[side], (size_t)n * sizeof(*copy));
	qsort(copy, (size_t)n, sizeof(*copy), larger_first);
	for (int64_t i = 0; i < n; i++) {
		list[i] = copy[i].blob;
		(*rank)[copy[i].parent] = i;
	}
	*sorted = list;
	return OK;
}

enum err blobs_finish(struct blobs *b, struct blob_lists *lists)
{
	int64_t *rank[2], n = 0;
	struct overlap *all;

	TRY(forget(b, true));
	for (int side = 0; side < 2; side++) {
		TRY(sort_blobs(b, side, &lists->blob[side], &rank[side]));
		lists->n[side] = b->n[side];
	}
	NEED(all = ARENA_NEW(b->arena, struct overlap, b->pairs.n));
	for (int64_t i = 0; i < b->pairs.room; i++) {
		struct overlap o = b->pairs.place[i];

		if (o.n)
			all[n++] = (struct overlap){
				rank[SCORE_TRUTH][o.truth], rank[SCORE_FOUND][o.found], o.n};
	}
	qsort(all, (size_t)n, sizeof(*all), overlap_order);
	lists->overlap = all;
	lists->n_overlaps = n;
	return OK;
}
