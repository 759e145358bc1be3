/* SPDX-License-Identifier: BSD-3-Clause
 * VTP and STL; see io/mesh.h. The formats: VTK file formats (vtk.org), "The StL format" (3D Systems 1988). */
#include "io/mesh.h"

#include "io/disk.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 8192, ARRAYS = MESH_VALUES + 3, POINTS = MESH_VALUES, CORNERS, LABELS };

struct pile { /* an array that grows in a file without a name */
	int fd;
	int64_t bytes;
};

struct mesh_writer {
	struct mesh_plan plan;
	struct arena *arena;
	const char *part; /* the output while it is made; names of the piles too */
	int n_values;
	int64_t points, triangles;
	struct pile piles[ARRAYS];
	void *buffer; /* CHUNK x 52 bytes */
};

static enum err open_pile(struct mesh_writer *w, struct pile *pile)
{
	TRY(disk_open(&pile->fd, w->part, O_RDWR | O_CREAT | O_TRUNC));
	unlink(w->part);
	return OK;
}

enum err mesh_create(struct mesh_writer **out, const struct mesh_plan *plan, struct arena *arena)
{
	struct mesh_writer *w = ARENA_ZERO(arena, struct mesh_writer, 1);

	NEED(w);
	w->plan = *plan;
	w->arena = arena;
	for (int k = 0; k < ARRAYS; k++)
		w->piles[k].fd = -1;
	*out = w;
	while (w->n_values < MESH_VALUES && !plan->stl && plan->names[w->n_values])
		w->n_values++;
	NEED(w->part = disk_part(plan->path, arena));
	NEED(w->buffer = arena_alloc(arena, CHUNK, 52));
	for (int k = 0; k < ARRAYS; k++)
		if (k < w->n_values || k == CORNERS || (k > MESH_VALUES - 1 && !plan->stl))
			TRY(open_pile(w, &w->piles[k]));
	return OK;
}

static enum err pile_up(struct mesh_writer *w, int k, const void *data, int64_t bytes)
{
	TRY(disk_write(w->piles[k].fd, w->part, data, bytes, w->piles[k].bytes));
	w->piles[k].bytes += bytes;
	return OK;
}

enum err mesh_points(
	struct mesh_writer *w, int64_t n, const float (*at)[3], const float *const *values)
{
	w->points += n;
	for (int k = 0; k < w->n_values; k++)
		TRY(pile_up(w, k, values[k], n * (int64_t)sizeof(float)));
	return pile_up(w, POINTS, at, n * (int64_t)sizeof(*at));
}

enum err mesh_triangles(
	struct mesh_writer *w, int64_t n, const int64_t (*corner)[3], const uint8_t *label)
{
	int32_t *out = w->buffer;

	w->triangles += n;
	TRY(pile_up(w, LABELS, label, n));
	for (int64_t from = 0; from < n; from += CHUNK) {
		int64_t m = n - from < CHUNK ? n - from : CHUNK;

		for (int64_t i = 0; i < 3 * m; i++)
			out[i] = (int32_t)corner[from + i / 3][i % 3];
		TRY(pile_up(w, CORNERS, out, 3 * m * (int64_t)sizeof(*out)));
	}
	return OK;
}

/* Normal of unit length, corners, two bytes of nothing. */
static void facet(unsigned char out[50], const float at[3][3])
{
	double u[3], v[3], normal[3], length;
	float unit[3];

	for (int k = 0; k < 3; k++) {
		u[k] = (double)at[1][k] - (double)at[0][k];
		v[k] = (double)at[2][k] - (double)at[0][k];
	}
	for (int k = 0; k < 3; k++)
		normal[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
	length = sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
	for (int k = 0; k < 3; k++)
		unit[k] = (float)(length > 0 ? normal[k] / length : 0);
	memcpy(out, unit, 12);
	memcpy(out + 12, at, 36);
	out[48] = out[49] = 0;
}

enum err mesh_facets(struct mesh_writer *w, int64_t n, const float (*at)[3][3])
{
	unsigned char *out = w->buffer;

	w->triangles += n;
	for (int64_t from = 0; from < n; from += CHUNK) {
		int64_t m = n - from < CHUNK ? n - from : CHUNK;

		for (int64_t i = 0; i < m; i++)
			facet(out + 50 * i, at[from + i]);
		TRY(pile_up(w, CORNERS, out, 50 * m));
	}
	return OK;
}

int64_t mesh_count(const struct mesh_writer *w)
{
	return w->triangles;
}

/* ------------------------------------------------------------------ the file */

struct output {
	int fd;
	int64_t at;
};

static enum err put(const struct mesh_writer *w, struct output *o, const void *data, int64_t bytes)
{
	TRY(disk_write(o->fd, w->part, data, bytes, o->at));
	o->at += bytes;
	return OK;
}

static enum err copy_pile(struct mesh_writer *w, struct output *o, int k)
{
	int64_t room = CHUNK * 52;

	for (int64_t from = 0; from < w->piles[k].bytes; from += room) {
		int64_t n = w->piles[k].bytes - from < room ? w->piles[k].bytes - from : room;

		TRY(disk_read(w->piles[k].fd, w->part, w->buffer, n, from));
		TRY(put(w, o, w->buffer, n));
	}
	return OK;
}

static enum err put_stl(struct mesh_writer *w, struct output *o)
{
	char head[80] = {0};
	uint32_t n = (uint32_t)w->triangles;

	if (w->triangles > UINT32_MAX)
		return fail(ERR_RESOURCE, "%s: %lld triangles are more than STL holds",
			w->plan.path, (long long)w->triangles);
	/* readers take a file that begins with "solid" for text */
	strncpy(head, w->plan.about, sizeof(head) - 1);
	TRY(put(w, o, head, sizeof(head)));
	TRY(put(w, o, &n, sizeof(n)));
	return copy_pile(w, o, CORNERS);
}

static const char *data_array(struct mesh_writer *w, const char *type, const char *name,
	int components, int64_t *offset, int64_t bytes)
{
	const char *text = arena_format(w->arena,
		"<DataArray type=\"%s\" Name=\"%s\" NumberOfComponents=\"%d\" format=\"appended\" "
		"offset=\"%lld\"/>\n",
		type, name, components, (long long)*offset);

	*offset += 8 + bytes;
	return text;
}

/* Arrays stand in the order of the piles, then the ends of the polygons. */
static enum err put_head(struct mesh_writer *w, struct output *o)
{
	int64_t offset = 0;
	const char *values = "", *points, *corners, *labels, *ends, *head;

	for (int k = 0; k < w->n_values; k++)
		NEED(values = arena_format(w->arena, "%s%s", values,
			     data_array(w, "Float32", w->plan.names[k], 1, &offset,
				     w->piles[k].bytes)));
	NEED(points = data_array(w, "Float32", "Points", 3, &offset, w->piles[POINTS].bytes));
	NEED(corners = data_array(w, "Int32", "connectivity", 1, &offset, w->piles[CORNERS].bytes));
	NEED(labels = data_array(w, "UInt8", "label", 1, &offset, w->piles[LABELS].bytes));
	NEED(ends = data_array(w, "Int32", "offsets", 1, &offset, 4 * w->triangles));
	head = arena_format(w->arena,
		"<?xml version=\"1.0\"?>\n<!-- %s -->\n"
		"<VTKFile type=\"PolyData\" version=\"1.0\" byte_order=\"LittleEndian\" "
		"header_type=\"UInt64\">\n<PolyData>\n"
		"<Piece NumberOfPoints=\"%lld\" NumberOfVerts=\"0\" NumberOfLines=\"0\" "
		"NumberOfStrips=\"0\" NumberOfPolys=\"%lld\">\n"
		"<PointData>\n%s</PointData>\n<CellData>\n%s</CellData>\n<Points>\n%s</Points>\n"
		"<Polys>\n%s%s</Polys>\n</Piece>\n</PolyData>\n<AppendedData encoding=\"raw\">\n_",
		w->plan.about, (long long)w->points, (long long)w->triangles, values, labels,
		points, corners, ends);
	NEED(head);
	return put(w, o, head, (int64_t)strlen(head));
}

static enum err put_ends(struct mesh_writer *w, struct output *o)
{
	uint64_t bytes = 4 * (uint64_t)w->triangles;
	int32_t *end = w->buffer;

	TRY(put(w, o, &bytes, sizeof(bytes)));
	for (int64_t from = 0; from < w->triangles; from += CHUNK) {
		int64_t m = w->triangles - from < CHUNK ? w->triangles - from : CHUNK;

		for (int64_t i = 0; i < m; i++)
			end[i] = (int32_t)(3 * (from + i + 1));
		TRY(put(w, o, end, m * (int64_t)sizeof(*end)));
	}
	return OK;
}

static enum err put_vtp(struct mesh_writer *w, struct output *o)
{
	static const char tail[] = "\n</AppendedData>\n</VTKFile>\n";

	if (w->points > INT32_MAX || 3 * w->triangles > INT32_MAX)
		return fail(ERR_RESOURCE,
			"%s: %lld triangles are more than 32-bit indices hold; choose fewer "
			"objects or stl",
			w->plan.path, (long long)w->triangles);
	TRY(put_head(w, o));
	for (int k = 0; k < ARRAYS; k++) {
		uint64_t bytes = (uint64_t)w->piles[k].bytes;

		if (w->piles[k].fd < 0)
			continue;
		TRY(put(w, o, &bytes, sizeof(bytes)));
		TRY(copy_pile(w, o, k));
	}
	TRY(put_ends(w, o));
	return put(w, o, tail, (int64_t)sizeof(tail) - 1);
}

enum err mesh_finish(struct mesh_writer *w)
{
	struct output o = {-1, 0};
	enum err e, closed;

	TRY(disk_open(&o.fd, w->part, O_WRONLY | O_CREAT | O_TRUNC));
	e = w->plan.stl ? put_stl(w, &o) : put_vtp(w, &o);
	closed = disk_close(&o.fd, w->part);
	e = e == OK ? closed : e;
	if (e == OK)
		e = disk_rename(w->part, w->plan.path);
	if (e != OK)
		unlink(w->part);
	mesh_abandon(w);
	return e;
}

void mesh_abandon(struct mesh_writer *w)
{
	for (int k = 0; w && k < ARRAYS; k++) {
		if (w->piles[k].fd >= 0)
			close(w->piles[k].fd);
		w->piles[k].fd = -1;
	}
}
