/* SPDX-License-Identifier: BSD-3-Clause
 * Columns of a label volume; see segment/topview.h. */
#include "segment/topview.h"

#include "core/parallel.h"
#include "segment/components.h"

#include <math.h>
#include <string.h>

static const int64_t least = 30; /* voxels that are worth a cut */

enum err topview_new(
	struct topview *c, int64_t nz, int64_t ny, int64_t nx, bool below, struct arena *arena)
{
	int64_t n = ny * nx;
	uint8_t **bytes[] = {&c->last, &c->before, &c->since, &c->mouth};
	uint16_t **words[] = {&c->face, &c->run, &c->gas, &c->gap, &c->crack, &c->filled, &c->top,
		&c->thick, &c->voids, &c->deep};

	if (nz >= COLUMN_NONE)
		return fail(ERR_USAGE, "columns of %lld planes; %d are the most", (long long)nz,
			COLUMN_NONE - 1);
	*c = (struct topview){.nz = nz, .ny = ny, .nx = nx, .below = below};
	NEED(c->count = ARENA_ZERO(arena, int64_t, nz * N_LABELS));
	NEED(c->depths = ARENA_ZERO(arena, uint32_t, n));
	for (size_t k = 0; k < sizeof(bytes) / sizeof(*bytes); k++)
		NEED(*bytes[k] = ARENA_ZERO(arena, uint8_t, n));
	for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
		NEED(*words[k] = ARENA_ZERO(arena, uint16_t, n));
	memset(c->face, 0xff, (size_t)n * sizeof(*c->face));
	memset(c->since, 0xff, (size_t)n);
	return OK;
}

static bool is_crack(uint8_t label)
{
	return label == LABEL_CRACK || label == LABEL_CRACK_NAK;
}

/* A skin of one voxel of liquid between film and ceramic is the edge's blur. */
static void meet_face(struct topview *c, int64_t i, int64_t d, bool crack)
{
	c->face[i] = (uint16_t)d;
	c->before[i] = c->last[i];
	c->mouth[i] = crack && c->last[i] != LABEL_OUTSIDE;
	c->gap[i] = c->since[i] <= 1 ? c->gas[i] : 0;
}

static void step(struct topview *c, int64_t i, int64_t d, uint8_t label)
{
	bool crack = is_crack(label), same;
	uint8_t kind = crack ? LABEL_CRACK : label;

	if (c->face[i] == COLUMN_NONE && (crack || label == LABEL_NASICON))
		meet_face(c, i, d, crack);
	same = kind == c->last[i];
	c->run[i] = same ? (uint16_t)(c->run[i] + 1) : 1;
	c->last[i] = kind;
	c->since[i] = c->since[i] == 255 ? 255 : (uint8_t)(c->since[i] + 1);
	if (crack) {
		c->crack[i]++;
		c->deep[i] = (uint16_t)d;
		c->filled[i] = (uint16_t)(c->filled[i] + (label == LABEL_CRACK_NAK));
		if (c->run[i] > c->thick[i]) {
			c->thick[i] = c->run[i];
			c->top[i] = (uint16_t)(d + 1 - c->run[i]);
		}
	} else if (kind == LABEL_VOID) {
		c->voids[i]++;
		c->depths[i] += (uint32_t)d;
		c->gas[i] = c->run[i];
		c->since[i] = 0;
	}
}

struct adding {
	struct topview *c;
	const uint8_t *planes;
	int64_t n;
};

static enum err add_row(void *context, int64_t y, int thread)
{
	const struct adding *a = context;
	struct topview *c = a->c;

	(void)thread;
	for (int64_t k = 0; k < a->n; k++) {
		const uint8_t *row = a->planes + (k * c->ny + y) * c->nx;

		for (int64_t x = 0; x < c->nx; x++)
			step(c, y * c->nx + x, c->done + k,
				row[x] < N_LABELS ? row[x] : (uint8_t)LABEL_OUTSIDE);
	}
	return OK;
}

static enum err count_plane(void *context, int64_t k, int thread)
{
	const struct adding *a = context;
	struct topview *c = a->c;
	int64_t n = c->ny * c->nx, d = c->done + k, z = c->below ? c->nz - 1 - d : d;

	(void)thread;
	for (int64_t i = 0; i < n; i++) {
		uint8_t label = a->planes[k * n + i];

		c->count[z * N_LABELS + (label < N_LABELS ? label : LABEL_OUTSIDE)]++;
	}
	return OK;
}

enum err topview_add(struct topview *c, const uint8_t *planes, int64_t n)
{
	struct adding a = {c, planes, n};

	TRY(parallel_for(c->ny, add_row, &a));
	TRY(parallel_for(n, count_plane, &a));
	c->done += n;
	return OK;
}

/* ------------------------------------------------------------------ maps */

static double middle(const struct topview *c, int64_t i)
{
	return c->top[i] + 0.5 * (c->thick[i] - 1);
}

/* Slope of the crack's middle along one axis, from the columns up to three to either side that continue it; 0 where
 * there are none. */
static double slope(const struct topview *c, int64_t i, int64_t at, int64_t n, int64_t stride)
{
	double sum = 0, weight = 0, here = middle(c, i);

	for (int64_t side = -1; side <= 1; side += 2) {
		double before = here;

		for (int64_t k = 1; k <= 3; k++) {
			int64_t p = at + side * k, j = i + side * k * stride;
			double now;

			if (p < 0 || p >= n || !c->thick[j])
				break;
			now = middle(c, j);
			/* a branch below or above is another sheet */
			if (fabs(now - before) > 1.5 + 0.5 * (c->thick[i] + c->thick[j]))
				break;
			sum += (double)(side * k) * (now - here);
			weight += (double)(k * k);
			before = now;
		}
	}
	return weight > 0 ? sum / weight : 0;
}

static double datum(const struct topview *c, const double *plane, int64_t i)
{
	double y = (double)(i / c->nx) - 0.5 * (double)(c->ny - 1);
	double x = (double)(i % c->nx) - 0.5 * (double)(c->nx - 1);

	/* faces lie between voxels, half a voxel before the middle of the first one */
	return plane ? plane[0] + plane[1] * x + plane[2] * y : c->face[i] - 0.5;
}

static uint8_t contact_of(const struct topview *c, int64_t i)
{
	if (c->face[i] == COLUMN_NONE)
		return CONTACT_NONE;
	if (c->mouth[i])
		return CONTACT_MOUTH;
	if (c->gap[i])
		return CONTACT_FILM;
	return c->before[i] == LABEL_NAK ? CONTACT_LIQUID : CONTACT_NONE;
}

struct mapping {
	const struct topview *c;
	const double *plane;
	struct face_maps *maps;
};

static enum err map_row(void *context, int64_t y, int thread)
{
	const struct mapping *m = context;
	const struct topview *c = m->c;

	(void)thread;
	for (int64_t x = 0; x < c->nx; x++) {
		int64_t i = y * c->nx + x;

		m->maps->aperture[i] = m->maps->depth[i] = m->maps->film[i] = NAN;
		m->maps->crack[i] = CRACK_NONE;
		m->maps->contact[i] = contact_of(c, i);
		if (m->maps->contact[i] == CONTACT_FILM)
			m->maps->film[i] = c->gap[i];
		if (!c->thick[i])
			continue;
		double a = slope(c, i, x, c->nx, 1), b = slope(c, i, y, c->ny, c->nx);

		m->maps->aperture[i] = (float)(c->thick[i] / sqrt(1 + a * a + b * b));
		m->maps->depth[i] = (float)fmax(0, middle(c, i) - datum(c, m->plane, i));
		m->maps->crack[i] = 2 * c->filled[i] > c->crack[i] ? CRACK_FILLED : CRACK_EMPTY;
	}
	return OK;
}

static double deepest(const struct topview *c, const double *plane)
{
	double most = NAN;

	for (int64_t i = 0; i < c->ny * c->nx; i++)
		if (c->crack[i])
			most = fmax(most, fmax(0, c->deep[i] + 0.5 - datum(c, plane, i)));
	return most;
}

/* Patches of gas on the face that are no films become bubbles. */
static enum err find_bubbles(struct face_maps *maps, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int64_t n = maps->ny * maps->nx, pieces;
	struct components *list;
	uint32_t *id;
	double *height;
	float *most;

	TRY(components_new(&list, maps->ny, maps->nx, 26,
		(struct label_range){CONTACT_FILM, CONTACT_FILM}, arena));
	TRY(components_add(list, maps->contact, 1));
	TRY(components_finish(list));
	pieces = components_count(list);
	NEED(id = ARENA_NEW(arena, uint32_t, n));
	NEED(height = ARENA_ZERO(arena, double, pieces + 1));
	NEED(most = ARENA_ZERO(arena, float, pieces + 1));
	TRY(components_paint(list, 0, 1, id));
	for (int64_t i = 0; i < n; i++)
		if (id[i]) {
			height[id[i]] += (double)maps->film[i];
			most[id[i]] = fmaxf(most[id[i]], maps->film[i]);
		}
	for (int64_t i = 0; i < n; i++) {
		double area = id[i] ? (double)components_list(list)[id[i] - 1].voxels : 1;

		if (id[i] && most[id[i]] > 4 &&
			height[id[i]] / area > 0.1 * sqrt(4 / acos(-1.0) * area))
			maps->contact[i] = CONTACT_BUBBLE;
	}
	arena_release(arena, mark);
	return OK;
}

enum err topview_maps(
	const struct topview *c, const double *plane, struct face_maps *maps, struct arena *arena)
{
	int64_t n = c->ny * c->nx;
	struct mapping m = {c, plane, maps};

	*maps = (struct face_maps){.ny = c->ny, .nx = c->nx};
	NEED(maps->aperture = ARENA_NEW(arena, float, n));
	NEED(maps->depth = ARENA_NEW(arena, float, n));
	NEED(maps->film = ARENA_NEW(arena, float, n));
	NEED(maps->crack = ARENA_NEW(arena, uint8_t, n));
	NEED(maps->contact = ARENA_NEW(arena, uint8_t, n));
	TRY(parallel_for(c->ny, map_row, &m));
	maps->deepest = deepest(c, plane);
	return find_bubbles(maps, arena);
}

double face_maps_contact(const struct face_maps *maps)
{
	int64_t wet = 0, all = 0;

	for (int64_t i = 0; i < maps->ny * maps->nx; i++) {
		uint8_t k = maps->contact[i];

		wet += k == CONTACT_LIQUID;
		all += k == CONTACT_LIQUID || k == CONTACT_FILM || k == CONTACT_BUBBLE;
	}
	return all ? (double)wet / (double)all : NAN;
}

/* ------------------------------------------------------------------ cuts */

/* Where the sum over five neighbours is largest. */
static int64_t peak(const int64_t *v, int64_t n)
{
	int64_t best = -1, at = n / 2;

	for (int64_t i = 0; i < n; i++) {
		int64_t sum = 0;

		for (int64_t k = -2; k <= 2; k++)
			sum += i + k >= 0 && i + k < n ? v[i + k] : 0;
		if (sum > best) {
			best = sum;
			at = i;
		}
	}
	return at;
}

static enum err crack_sight(
	const struct topview *c, int64_t *z, int64_t *y, int64_t *x, struct arena *arena)
{
	int64_t *plane = ARENA_ZERO(arena, int64_t, c->nz),
		*row = ARENA_ZERO(arena, int64_t, c->ny),
		*column = ARENA_ZERO(arena, int64_t, c->nx);

	NEED(plane);
	NEED(row);
	NEED(column);
	for (int64_t k = 0; k < c->nz; k++)
		plane[k] = c->count[k * N_LABELS + LABEL_CRACK] +
			   c->count[k * N_LABELS + LABEL_CRACK_NAK];
	for (int64_t i = 0; i < c->ny * c->nx; i++) {
		row[i / c->nx] += c->crack[i];
		column[i % c->nx] += c->crack[i];
	}
	*z = peak(plane, c->nz);
	*y = peak(row, c->ny);
	*x = peak(column, c->nx);
	return OK;
}

/* The middle of the largest bubble: the column with most void within two voxels. */
static void void_sight(const struct topview *c, int64_t *z, int64_t *y, int64_t *x)
{
	int64_t best = -1;

	for (int64_t i = 0; i < c->ny * c->nx; i++) {
		int64_t v = i / c->nx, u = i % c->nx, sum = 0, depths = 0, d;

		if (!c->voids[i])
			continue;
		for (int64_t k = 0; k < 25; k++) {
			int64_t b = v + k / 5 - 2, a = u + k % 5 - 2, j = b * c->nx + a;

			if (b < 0 || b >= c->ny || a < 0 || a >= c->nx)
				continue;
			sum += c->voids[j];
			depths += c->depths[j];
		}
		if (sum <= best)
			continue;
		best = sum;
		d = depths / sum;
		*z = c->below ? c->nz - 1 - d : d;
		*y = v;
		*x = u;
	}
}

static int64_t middle_of_face(const struct topview *c)
{
	int64_t sum = 0, n = 0, d = c->nz / 2;

	for (int64_t i = 0; i < c->ny * c->nx; i++)
		if (c->face[i] != COLUMN_NONE) {
			sum += c->face[i];
			n++;
		}
	d = n ? sum / n : d;
	return c->below ? c->nz - 1 - d : d;
}

enum sight topview_sight(
	const struct topview *c, int64_t *z, int64_t *y, int64_t *x, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int64_t cracks = 0, voids = 0;
	enum err e;

	for (int64_t i = 0; i < c->ny * c->nx; i++) {
		cracks += c->crack[i];
		voids += c->voids[i];
	}
	if (cracks >= least) {
		e = crack_sight(c, z, y, x, arena);
		arena_release(arena, mark);
		if (e == OK)
			return SIGHT_CRACK;
	}
	if (voids >= least) {
		void_sight(c, z, y, x);
		return SIGHT_VOID;
	}
	*z = middle_of_face(c);
	*y = c->ny / 2;
	*x = c->nx / 2;
	return SIGHT_MIDDLE;
}
