/* SPDX-License-Identifier: BSD-3-Clause
 * Cuts and maps read from a label volume; see cli/label_pictures.h. */
#include "cli/label_pictures.h"

#include "cli/console.h"
#include "report/cuts_picture.h"
#include "report/face_picture.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 16 };

static enum err stop_if_asked(void)
{
	return console_interrupted()
		       ? fail(ERR_INTERRUPTED, "interrupted while pictures were drawn")
		       : OK;
}

enum err label_side(struct label_source *s, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int64_t n = s->ny * s->nx;
	double sum[2] = {0, 0}, voxels[2] = {0, 0};
	uint8_t *plane = ARENA_NEW(arena, uint8_t, BLOCK * n);

	NEED(plane);
	for (int64_t z = 0; z < s->nz; z += BLOCK) {
		int64_t m = z + BLOCK < s->nz ? BLOCK : s->nz - z;

		TRY(stop_if_asked());
		TRY(s->read(s->context, z, m, plane));
		/* every third row tells enough */
		for (int64_t i = 0; i < m * n; i += (i + 1) % s->nx ? 1 : 2 * s->nx + 1)
			for (int k = 0; k < 2; k++)
				if (plane[i] == (k ? LABEL_NASICON : LABEL_NAK)) {
					sum[k] += (double)(z + i / n);
					voxels[k]++;
				}
	}
	arena_release(arena, mark);
	s->below = voxels[0] > 0 && voxels[1] > 0 && sum[0] / voxels[0] > sum[1] / voxels[1];
	return OK;
}

/* n planes from d on, counted from the electrode's side. */
static enum err read_down(const struct label_source *s, int64_t d, int64_t n, uint8_t *out)
{
	int64_t size = s->ny * s->nx;

	if (!s->below)
		return s->read(s->context, d, n, out);
	for (int64_t k = 0; k < n; k++)
		TRY(s->read(s->context, s->nz - 1 - d - k, 1, out + k * size));
	return OK;
}

enum err label_topview(const struct label_source *s, struct topview *view, struct arena *arena)
{
	struct arena_mark mark;
	uint8_t *planes;

	TRY(topview_new(view, s->nz, s->ny, s->nx, s->below, arena));
	mark = arena_mark(arena);
	NEED(planes = ARENA_NEW(arena, uint8_t, BLOCK * s->ny * s->nx));
	for (int64_t d = 0; d < s->nz; d += BLOCK) {
		int64_t m = d + BLOCK < s->nz ? BLOCK : s->nz - d;

		TRY(stop_if_asked());
		TRY(read_down(s, d, m, planes));
		TRY(topview_add(view, planes, m));
	}
	arena_release(arena, mark);
	return OK;
}

/* ------------------------------------------------------------------ cuts */

/* The three cuts while they are read: labels are counted cell by cell, values are averaged. */
struct reading {
	const struct label_source *s;
	struct volume_view *volume;
	struct zoom zoom;
	int64_t at[3];
	struct arena *arena;
	struct cut cuts[3]; /* z, y, x */
	float *grey[3];
	uint8_t *labels[3];
};

static enum err cuts_new(struct reading *r)
{
	const int64_t n[3] = {r->s->nz, r->s->ny, r->s->nx};
	static const int rows[3] = {1, 0, 0}, columns[3] = {2, 2, 1};

	for (int k = 0; k < 3; k++) {
		int64_t h = zoom_cells(r->zoom, n[rows[k]]), w = zoom_cells(r->zoom, n[columns[k]]);
		int64_t drawn = h * r->zoom.s;

		NEED(r->labels[k] = ARENA_NEW(r->arena, uint8_t, h * w));
		if (r->volume)
			NEED(r->grey[k] = ARENA_NEW(r->arena, float, h *w));
		r->cuts[k] = (struct cut){.h = h,
			.w = w,
			.labels = r->labels[k],
			.grey = r->grey[k],
			.tall = k && drawn < 48 ? (48 + drawn - 1) / drawn : 1};
	}
	return OK;
}

/* Labels of one row of cells, from up to k rows of voxels. */
static void label_cells(
	uint8_t *cells, int64_t w, int64_t k, const uint8_t *rows, int64_t n_rows, int64_t n)
{
	for (int64_t c = 0; c < w; c++) {
		int64_t count[N_LABELS] = {0};

		for (int64_t j = 0; j < n_rows; j++)
			for (int64_t i = c * k; i < (c + 1) * k && i < n; i++) {
				uint8_t label = rows[j * n + i];

				count[label < N_LABELS ? label : LABEL_OUTSIDE]++;
			}
		cells[c] = cut_label(count);
	}
}

static void grey_cells(
	float *cells, int64_t w, int64_t k, const float *rows, int64_t n_rows, int64_t n)
{
	for (int64_t c = 0; c < w; c++) {
		double sum = 0;
		int64_t m = 0;

		for (int64_t j = 0; j < n_rows; j++)
			for (int64_t i = c * k; i < (c + 1) * k && i < n; i++)
				if (isfinite(rows[j * n + i])) {
					sum += (double)rows[j * n + i];
					m++;
				}
		cells[c] = m ? (float)(sum / (double)m) : 0;
	}
}

static enum err read_labels(struct reading *r)
{
	const struct label_source *s = r->s;
	int64_t k = r->zoom.k, n = s->ny * s->nx, *at = r->at;
	uint8_t *planes, *front, *side;

	NEED(planes = ARENA_NEW(r->arena, uint8_t, k * n));
	NEED(front = ARENA_NEW(r->arena, uint8_t, k * s->nx));
	NEED(side = ARENA_NEW(r->arena, uint8_t, k * s->ny));
	for (int64_t z = 0, row = 0; z < s->nz; z += k, row++) {
		int64_t m = z + k < s->nz ? k : s->nz - z;

		TRY(stop_if_asked());
		TRY(s->read(s->context, z, m, planes));
		for (int64_t j = 0; j < m; j++) {
			memcpy(front + j * s->nx, planes + j * n + at[1] * s->nx, (size_t)s->nx);
			for (int64_t y = 0; y < s->ny; y++)
				side[j * s->ny + y] = planes[j * n + y * s->nx + at[2]];
		}
		label_cells(r->labels[1] + row * r->cuts[1].w, r->cuts[1].w, k, front, m, s->nx);
		label_cells(r->labels[2] + row * r->cuts[2].w, r->cuts[2].w, k, side, m, s->ny);
		for (int64_t y = 0; y < s->ny && at[0] >= z && at[0] < z + m; y += k)
			label_cells(r->labels[0] + y / k * r->cuts[0].w, r->cuts[0].w, k,
				planes + (at[0] - z) * n + y * s->nx, y + k < s->ny ? k : s->ny - y,
				s->nx);
	}
	return OK;
}

/* The upright cuts take the plane in the middle of each row of cells: columns are slow to read. */
static enum err read_grey(struct reading *r)
{
	const struct label_source *s = r->s;
	int64_t k = r->zoom.k, most = s->ny > s->nx ? s->ny : s->nx;
	float *rows = ARENA_NEW(r->arena, float, k *most);

	NEED(rows);
	for (int64_t y = 0; y < s->ny; y += k) {
		struct hdf5_window w = {.z = r->at[0],
			.y0 = y,
			.step = 1,
			.n = y + k < s->ny ? k : s->ny - y,
			.m = s->nx};

		TRY(volume_view_read(r->volume, &w, rows));
		grey_cells(r->grey[0] + y / k * r->cuts[0].w, r->cuts[0].w, k, rows, w.n, s->nx);
	}
	for (int64_t row = 0; row < r->cuts[1].h; row++) {
		int64_t z = row * k + k / 2 < s->nz ? row * k + k / 2 : s->nz - 1;
		struct hdf5_window front = {.z = z, .y0 = r->at[1], .step = 1, .n = 1, .m = s->nx};
		struct hdf5_window side = {.z = z, .step = 1, .n = s->ny, .x0 = r->at[2], .m = 1};

		TRY(stop_if_asked());
		TRY(volume_view_read(r->volume, &front, rows));
		grey_cells(r->grey[1] + row * r->cuts[1].w, r->cuts[1].w, k, rows, 1, s->nx);
		TRY(volume_view_read(r->volume, &side, rows));
		grey_cells(r->grey[2] + row * r->cuts[2].w, r->cuts[2].w, k, rows, 1, s->ny);
	}
	return OK;
}

static enum err titles(struct reading *r)
{
	const char *shape[3] = {
		"x to the right, y down", "x to the right, z down", "y to the right, z down"};

	for (int k = 0; k < 3; k++) {
		const char *row = "", *stretched = "";

		if (!k && r->s->first_row > 0)
			NEED(row = arena_format(r->arena, " (detector row %lld)",
				     (long long)(r->s->first_row + r->at[0])));
		if (r->cuts[k].tall > 1)
			NEED(stretched = arena_format(r->arena, ", z drawn %lld times as tall",
				     (long long)r->cuts[k].tall));
		NEED(r->cuts[k].title = arena_format(r->arena, "%c = %lld%s: %s%s", "zyx"[k],
			     (long long)r -> at[k], row, shape[k], stretched));
	}
	return OK;
}

static const char *about(const struct label_source *s, struct arena *arena)
{
	const char *voxel = isfinite(s->voxel_um)
				    ? arena_format(arena, ", voxel %.5g um", s->voxel_um)
				    : ", voxel size unknown";

	return arena_format(arena, "%s: %lld x %lld x %lld voxels%s", s->name, (long long)s->nz,
		(long long)s->ny, (long long)s->nx, voxel);
}

enum err label_cuts(const struct label_source *s, const struct topview *view,
	struct volume_view *volume, const char *path, struct arena *arena)
{
	static const char *const why[] = {[SIGHT_CRACK] = "Cuts where there is most of the cracks",
		[SIGHT_VOID] = "Cuts through the largest void; no crack is labelled",
		[SIGHT_MIDDLE] = "Cuts through the middle; neither crack nor void is labelled"};
	int64_t most = s->ny > s->nx ? s->ny : s->nx;
	struct reading r = {.s = s, .volume = volume, .arena = arena};
	struct cuts_page page;
	enum sight sight = topview_sight(view, &r.at[0], &r.at[1], &r.at[2], arena);

	r.zoom = zoom_for(most > s->nz ? most : s->nz, SHEET_SIDE);
	TRY(cuts_new(&r));
	TRY(read_labels(&r));
	if (volume)
		TRY(read_grey(&r));
	TRY(titles(&r));
	page = (struct cuts_page){.title = about(s, arena),
		.text = why[sight],
		.voxel_um = s->voxel_um,
		.units = volume ? volume->units : "",
		.zoom = r.zoom};
	NEED(page.title);
	memcpy(page.cuts, r.cuts, sizeof(page.cuts));
	return cuts_picture(path, &page, arena);
}

enum err label_pictures(const struct label_source *s, const struct topview *view,
	const struct face_maps *maps, struct volume_view *volume, struct quantity contact,
	const char *cuts, const char *stem, struct arena *arena)
{
	struct face_page page = {.voxel_um = s->voxel_um, .contact = contact, .maps = maps};
	const char *crack = arena_format(arena, "%s.crack.png", stem),
		   *face = arena_format(arena, "%s.contact.png", stem);

	NEED(crack);
	NEED(face);
	NEED(page.title = about(s, arena));
	TRY(label_cuts(s, view, volume, cuts, arena));
	TRY(crack_picture(crack, &page, arena));
	return contact_picture(face, &page, arena);
}
