/* SPDX-License-Identifier: BSD-3-Clause
 * The cases of marching cubes, made rather than listed: on each face of the cell, seen from outside and walked round
 * against the clock, a line goes from every edge where the object is left to the next edge where it is entered. So outer corners
 * are cut off and inner ones joined, and both cells at a face draw the same lines. The lines close to loops;
 * loops are cut into fans, and turned so that normals point out of the object. */
#include "segment/surface_table.h"

#include <stdbool.h>

struct face {
	int corner[4];
};

int surface_edge_corner(int edge)
{
	int axis = edge >> 2, low = edge & 1, high = edge >> 1 & 1;

	return axis == 0 ? low << 1 | high << 2 : axis == 1 ? low | high << 2 : low | high << 1;
}

static int edge_between(int p, int q)
{
	int bit = p ^ q, corner = p & q, axis = bit == 1 ? 0 : bit == 2 ? 1 : 2;
	int x = corner & 1, y = corner >> 1 & 1, z = corner >> 2;

	return 4 * axis + (axis == 0 ? y | z << 1 : axis == 1 ? x | z << 1 : x | y << 1);
}

/* Face 2 a + side, against the clock seen from outside. */
static struct face face_of(int k)
{
	int a = k >> 1, b = (a + 1) % 3, c = (a + 2) % 3, from = (k & 1) << a;
	struct face f = {{from, from | 1 << b, from | 1 << b | 1 << c, from | 1 << c}};

	if (!(k & 1)) {
		f.corner[1] = from | 1 << c;
		f.corner[3] = from | 1 << b;
	}
	return f;
}

/* Lines of one face into next[]. */
static void add_lines(int config, struct face f, int next[12])
{
	for (int i = 0; i < 4; i++) {
		int p = f.corner[i], q = f.corner[(i + 1) % 4];

		if (!(config >> p & 1) || config >> q & 1)
			continue;
		for (int j = i + 1; j < i + 4; j++) {
			int r = f.corner[j % 4], s = f.corner[(j + 1) % 4];

			if (!(config >> r & 1) && config >> s & 1) {
				next[edge_between(p, q)] = edge_between(r, s);
				break;
			}
		}
	}
}

static bool on_face(int edge, struct face f)
{
	int p = surface_edge_corner(edge), q = p | 1 << surface_edge_axis(edge);
	bool has_p = false, has_q = false;

	for (int i = 0; i < 4; i++) {
		has_p = has_p || f.corner[i] == p;
		has_q = has_q || f.corner[i] == q;
	}
	return has_p && has_q;
}

static bool share_face(int e, int g)
{
	for (int k = 0; k < 6; k++)
		if (on_face(e, face_of(k)) && on_face(g, face_of(k)))
			return true;
	return false;
}

/* A fan whose inner edges join no two points of a face; every loop of every case has one. */
static int fan_from(const int *loop, int n)
{
	for (int s = 0; s < n; s++) {
		bool good = true;

		for (int k = 2; k < n - 1; k++)
			good = good && !share_face(loop[s], loop[(s + k) % n]);
		if (good)
			return s;
	}
	return 0;
}

static void fill(struct surface_table *table, int config)
{
	int next[12], loop[12];
	uint8_t *n = &table->n[config];

	for (int e = 0; e < 12; e++)
		next[e] = -1;
	for (int k = 0; k < 6; k++)
		add_lines(config, face_of(k), next);
	for (int e = 0; e < 12; e++) {
		int size = 0, s;

		for (int g = e; next[g] >= 0;) {
			int after = next[g];

			loop[size++] = g;
			next[g] = -1;
			g = after;
		}
		s = fan_from(loop, size);
		for (int k = 1; k + 1 < size; k++, ++*n) {
			table->edge[config][*n][0] = (uint8_t)loop[s];
			table->edge[config][*n][2] = (uint8_t)loop[(s + k) % size];
			table->edge[config][*n][1] = (uint8_t)loop[(s + k + 1) % size];
		}
	}
}

void surface_table_fill(struct surface_table *table)
{
	*table = (struct surface_table){{0}, {{{0}}}};
	for (int config = 0; config < 256; config++)
		fill(table, config);
}
