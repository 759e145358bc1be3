/* SPDX-License-Identifier: BSD-3-Clause
 * Surfaces of labels: closed, every edge on two triangles, whatever the voxels; area and volume of balls; sheets of one voxel;
 * the same from any slabs. Meshes are read back from the files that are written. */
#include "io/mesh.h"
#include "segment/surface.h"
#include "tests/segment_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 64, MOST = 400000 };
static uint8_t labels[SIDE * SIDE * SIDE];
static const double pi = 3.14159265358979323846;

struct mesh {
	int64_t nz, ny, nx, points, triangles;
	float (*at)[3];
	int64_t (*corner)[3];
	uint8_t *label;
};

static enum err read_planes(void *context, int64_t z, int64_t n, uint8_t *planes)
{
	const struct mesh *m = context;

	memcpy(planes, labels + z * m->ny * m->nx, (size_t)(n * m->ny * m->nx));
	return OK;
}

static enum err keep(void *context, const struct surface_part *part)
{
	struct mesh *m = context;

	assert_int_equal(part->first + part->p0, m->points);
	assert_true(m->points + part->p1 - part->p0 < MOST && m->triangles + part->n < MOST);
	memcpy(m->at + m->points, part->at + part->p0,
		(size_t)(part->p1 - part->p0) * sizeof(*m->at));
	m->points += part->p1 - part->p0;
	for (int64_t t = 0; t < part->n; t++, m->triangles++)
		for (int c = 0; c < 3; c++) {
			m->corner[m->triangles][c] = part->first + part->corner[t][c];
			m->label[m->triangles] = part->label[part->corner[t][0]];
		}
	return OK;
}

static struct mesh make(int64_t nz, int64_t ny, int64_t nx, int rounds, int64_t depth, bool open)
{
	struct arena *arena = arena_new();
	struct mesh m = {.nz = nz, .ny = ny, .nx = nx};
	struct surface_plan plan = {.nz = nz,
		.ny = ny,
		.nx = nx,
		.open = open,
		.rounds = rounds,
		.depth = depth,
		.context = &m,
		.read = read_planes,
		.put = keep};

	plan.object[1] = plan.object[2] = true;
	plan.beyond[0] = true;
	m.at = malloc(MOST * sizeof(*m.at));
	m.corner = malloc(MOST * sizeof(*m.corner));
	m.label = malloc(MOST);
	assert_int_equal(surface_run(&plan, arena), OK);
	arena_free(arena);
	return m;
}

static void drop(struct mesh *m)
{
	free(m->at);
	free(m->corner);
	free(m->label);
}

static int compare_edges(const void *a, const void *b)
{
	return memcmp(a, b, 2 * sizeof(int64_t));
}

/* Every edge once in each direction. The number of edges. */
static int64_t assert_closed(const struct mesh *m)
{
	int64_t n = 3 * m->triangles, (*e)[2] = malloc((size_t)(n + 1) * sizeof(*e));
	int64_t(*back)[2] = malloc((size_t)(n + 1) * sizeof(*back));

	for (int64_t t = 0; t < m->triangles; t++)
		for (int c = 0; c < 3; c++) {
			e[3 * t + c][0] = back[3 * t + c][1] = m->corner[t][c];
			e[3 * t + c][1] = back[3 * t + c][0] = m->corner[t][(c + 1) % 3];
		}
	qsort(e, (size_t)n, sizeof(*e), compare_edges);
	qsort(back, (size_t)n, sizeof(*back), compare_edges);
	for (int64_t i = 1; i < n; i++)
		assert_true(memcmp(e[i - 1], e[i], sizeof(*e)) != 0);
	assert_memory_equal(e, back, (size_t)n * sizeof(*e));
	free(e);
	free(back);
	return n / 2;
}

/* Signed volume by the divergence theorem, and area. */
static double measure(const struct mesh *m, double *area)
{
	double volume = 0;

	*area = 0;
	for (int64_t t = 0; t < m->triangles; t++) {
		double u[3], v[3], n[3], a[3];

		for (int k = 0; k < 3; k++) {
			a[k] = (double)m->at[m->corner[t][0]][k];
			u[k] = (double)m->at[m->corner[t][1]][k] - a[k];
			v[k] = (double)m->at[m->corner[t][2]][k] - a[k];
		}
		for (int k = 0; k < 3; k++)
			n[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
		*area += 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
		volume += (a[0] * n[0] + a[1] * n[1] + a[2] * n[2]) / 6;
	}
	return volume;
}

static void ball(double radius, double shift)
{
	for (int64_t i = 0; i < SIDE * SIDE * SIDE; i++) {
		double z = (double)(i / SIDE / SIDE) - 31.5 - shift,
		       y = (double)(i / SIDE % SIDE) - 31.1, x = (double)(i % SIDE) - 31.8;

		labels[i] = z * z + y * y + x * x <= radius * radius;
	}
}

/* The voxels themselves hold 0.2 % less than the ball of radius 10 (0.6 % at 6); smoothing must not shrink it, and leaves
 * ripples of the voxels: 0.9 % of the area. */
static void balls(void **state)
{
	const double radii[] = {10, 16.3, 24.7};

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		double r = radii[k], area, volume;
		struct mesh m;

		ball(r, 0.23);
		m = make(SIDE, SIDE, SIDE, 10, 64, false);
		assert_int_equal(m.points - assert_closed(&m) + m.triangles, 2);
		volume = measure(&m, &area);
		assert_true(fabs(volume / (4.0 / 3 * pi * r * r * r) - 1) < 0.01);
		assert_true(fabs(area / (4 * pi * r * r) - 1) < 0.01);
		drop(&m);
	}
}

/* Corner to corner, edge to edge, at the borders of the volume: all cases of a cell occur. */
static void any_voxels(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct mesh m;

		make_mask(labels, 20 * 24 * 28, 0.15f + 0.15f * (float)seed, seed);
		m = make(20, 24, 28, 4, 64, false);
		assert_true(m.triangles > 10000);
		assert_closed(&m);
		for (int64_t i = 0; i < m.points; i++)
			for (int c = 0; c < 3; c++)
				assert_true(m.at[i][c] >= -1 && m.at[i][c] <= 28);
		drop(&m);
	}
}

static void slabs(void **state)
{
	const int64_t depths[] = {1, 5, 17};
	struct mesh whole;

	(void)state;
	make_walls(labels, 40, 36, 30, 0.01f, 7);
	for (int64_t i = 0; i < 40 * 36 * 30; i++)
		labels[i] = (uint8_t)(i % 4001 == 0 ? 0 : labels[i] ? 1 + i % 2 : 3);
	whole = make(40, 36, 30, 3, 64, true);
	assert_true(whole.triangles > 1000);
	for (size_t k = 0; k < 3; k++) {
		struct mesh m = make(40, 36, 30, 3, depths[k], true);

		assert_int_equal(m.points, whole.points);
		assert_int_equal(m.triangles, whole.triangles);
		assert_memory_equal(m.at, whole.at, (size_t)m.points * sizeof(*m.at));
		assert_memory_equal(
			m.corner, whole.corner, (size_t)m.triangles * sizeof(*m.corner));
		assert_memory_equal(m.label, whole.label, (size_t)m.triangles);
		drop(&m);
	}
	drop(&whole);
}

/* A sheet of one voxel across, oblique: a Gaussian would lose it. Both faces, and a rim of one voxel along 2 pi r. */
static void thin_sheet(void **state)
{
	int64_t voxels = 0;
	double area, volume, want = pi * 600 * sqrt(1.13);
	struct mesh m;

	(void)state;
	for (int64_t i = 0; i < SIDE * SIDE * SIDE; i++) {
		double z = (double)(i / SIDE / SIDE) - 31.5, y = (double)(i / SIDE % SIDE) - 31.5,
		       x = (double)(i % SIDE) - 31.5;

		labels[i] = y * y + x * x < 600 && fabs(z - 0.3 * x - 0.2 * y) < 0.5 * sqrt(1.13);
		voxels += labels[i];
	}
	m = make(SIDE, SIDE, SIDE, 10, 64, false);
	assert_int_equal(m.points - assert_closed(&m) + m.triangles, 2);
	volume = measure(&m, &area);
	assert_true(fabs(volume / (double)voxels - 1) < 0.06);
	assert_true(fabs(area / (2 * want + 2 * pi * sqrt(600)) - 1) < 0.05);
	drop(&m);
}

/* A half space without walls: the face alone, flat, cut where cells reach beyond. */
static void open_face(void **state)
{
	struct mesh m;
	double area;

	(void)state;
	for (int64_t i = 0; i < 20 * 30 * 40; i++)
		labels[i] = i / (30 * 40) >= 8 ? 2 : 3;
	m = make(20, 30, 40, 10, 64, true);
	measure(&m, &area);
	assert_true(fabs(area - 29 * 39) < 1e-2);
	for (int64_t i = 0; i < m.points; i++)
		assert_true(fabs((double)m.at[i][2] - 7.5) < 1e-6);
	/* out of the object: to lower z */
	for (int64_t t = 0; t < m.triangles; t++) {
		const float *a = m.at[m.corner[t][0]], *b = m.at[m.corner[t][1]],
			    *c = m.at[m.corner[t][2]];

		assert_true((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) < 0);
		assert_int_equal(m.label[t], 2);
	}
	drop(&m);
}

/* Where the text ends in the file; -1: it is not there. */
static int64_t find(const char *text, int64_t n, const char *what)
{
	for (int64_t i = 0; i + (int64_t)strlen(what) <= n; i++)
		if (!memcmp(text + i, what, strlen(what)))
			return i + (int64_t)strlen(what);
	return -1;
}

static int64_t slurp(const char *path, char **text)
{
	FILE *f = fopen(path, "rb");
	int64_t n;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	*text = malloc((size_t)n + 1);
	assert_int_equal(fread(*text, 1, (size_t)n, f), n);
	(*text)[n] = 0;
	fclose(f);
	return n;
}

static const float four[4][3] = {{0, 0, 0}, {1, 0, 0}, {0, 2, 0}, {0, 0, 3}};

/* Arrays lie where the head says, as long as their counts, with the numbers that were given. */
static void vtp_file(void **state)
{
	static const char place[] =
		"Name=\"connectivity\" NumberOfComponents=\"1\" format=\"appended\" offset=\"";
	const int64_t corner[2][3] = {{0, 2, 1}, {0, 1, 3}};
	const float numbers[4] = {5, 6, 7, 8}, *values[] = {numbers};
	const uint8_t label[2] = {4, 5};
	struct arena *arena = arena_new();
	struct mesh_plan plan = {
		.path = "test_surface.vtp", .names = {"aperture_um"}, .about = "a test"};
	struct mesh_writer *w;
	int64_t n, data, offset;
	int32_t got[6];
	uint64_t bytes;
	char *text;

	(void)state;
	assert_int_equal(mesh_create(&w, &plan, arena), OK);
	assert_int_equal(mesh_points(w, 3, four, values), OK);
	values[0] = numbers + 3;
	assert_int_equal(mesh_points(w, 1, four + 3, values), OK);
	assert_int_equal(mesh_triangles(w, 2, corner, label), OK);
	assert_int_equal(mesh_finish(w), OK);
	n = slurp(plan.path, &text);
	data = find(text, n, "<AppendedData encoding=\"raw\">\n_");
	assert_true(data > 0 && find(text, n, "NumberOfPoints=\"4\"") > 0);
	offset = find(text, n, place);
	assert_true(offset > 0);
	offset = data + atoll(text + offset);
	memcpy(&bytes, text + offset, 8);
	assert_int_equal(bytes, 24);
	memcpy(got, text + offset + 8, 24);
	for (int i = 0; i < 6; i++)
		assert_int_equal(got[i], corner[i / 3][i % 3]);
	/* values, points, corners, labels and ends, each behind its length */
	assert_int_equal(n, data + 5 * 8 + 16 + 48 + 24 + 2 + 8 +
				    (int64_t)strlen("\n</AppendedData>\n</VTKFile>\n"));
	free(text);
	remove(plan.path);
	arena_free(arena);
}

static void stl_file(void **state)
{
	const float facet[1][3][3] = {{{0, 0, 0}, {1, 0, 0}, {0, 2, 0}}}, normal[3] = {0, 0, 1};
	struct arena *arena = arena_new();
	struct mesh_plan plan = {.path = "test_surface.stl", .stl = true, .about = "a test"};
	struct mesh_writer *w;
	char *text;

	(void)state;
	assert_int_equal(mesh_create(&w, &plan, arena), OK);
	assert_int_equal(mesh_facets(w, 1, facet), OK);
	assert_int_equal(mesh_count(w), 1);
	assert_int_equal(mesh_finish(w), OK);
	assert_int_equal(slurp(plan.path, &text), 84 + 50);
	assert_memory_equal(text + 84, normal, 12);
	assert_memory_equal(text + 96, facet, 36);
	free(text);
	remove(plan.path);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(balls),
		cmocka_unit_test(any_voxels),
		cmocka_unit_test(slabs),
		cmocka_unit_test(thin_sheet),
		cmocka_unit_test(open_face),
		cmocka_unit_test(vtp_file),
		cmocka_unit_test(stl_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
