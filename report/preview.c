/* SPDX-License-Identifier: BSD-3-Clause
 * Slices are averaged over blocks of voxels while they are read. The two upright cuts take every k-th
 * voxel of height, and every k-th of the y direction, where averaging would mean reading the whole
 * volume; along the remaining direction they average too. */
#include "report/preview.h"

#include "io/volume_view.h"
#include "report/picture.h"

#include <math.h>
#include <string.h>

enum { SIDE = 512, UPRIGHT = 256, MOST_MORE = 3, GAP = 16, HEAD = 66, FOOT = 54, TITLE = 18 };

struct preview {
	struct volume_view view;
	struct arena *arena;
	struct grey xy, xz, yz, more[MOST_MORE];
	int n_more;
	double low, high;
};

static int64_t blocks(int64_t n, int64_t most)
{
	return (n + most - 1) / most;
}

static const char *place_text(struct preview *p, const char *axis, int64_t index)
{
	if (*axis == 'z' && p->view.first_row >= 0)
		return arena_format(p->arena, "z = %lld (detector row %lld)", (long long)index,
			(long long)(p->view.first_row + index * p->view.row_step));
	return arena_format(p->arena, "%s = %lld", axis, (long long)index);
}

/* m means of k numbers each, added to sums. */
static void add_blocks(double *sums, const float *row, int64_t m, int64_t k)
{
	for (int64_t i = 0; i < m; i++)
		for (int64_t j = 0; j < k; j++)
			sums[i] += (double)row[i * k + j];
}

/* Mean of blocks of k x k voxels of slice z; what does not fill a block is left out. */
static enum err read_slice(struct preview *p, int64_t z, struct grey *g)
{
	const struct volume_view *v = &p->view;
	int64_t k = blocks(v->ny > v->nx ? v->ny : v->nx, SIDE), ny, nx;
	float *rows, *image;
	double *sums;

	k = k > v->ny ? v->ny : k > v->nx ? v->nx : k;
	ny = v->ny / k;
	nx = v->nx / k;
	NEED(rows = ARENA_NEW(p->arena, float, k * v->nx));
	NEED(image = ARENA_NEW(p->arena, float, ny *nx));
	NEED(sums = ARENA_NEW(p->arena, double, nx));
	for (int64_t y = 0; y < ny; y++) {
		const struct hdf5_window w = {.z = z, .y0 = y * k, .step = 1, .n = k, .m = v->nx};

		TRY(volume_view_read(&p->view, &w, rows));
		memset(sums, 0, (size_t)nx * sizeof(double));
		for (int64_t i = 0; i < k; i++)
			add_blocks(sums, rows + i * v->nx, nx, k);
		for (int64_t x = 0; x < nx; x++)
			image[y * nx + x] = (float)(sums[x] / (double)(k * k));
	}
	*g = (struct grey){.data = image, .ny = ny, .nx = nx};
	NEED(g->title = place_text(p, "z", z));
	return OK;
}

/* Row y of every kz-th slice. */
static enum err read_xz(struct preview *p)
{
	const struct volume_view *v = &p->view;
	int64_t kz = blocks(v->nz, UPRIGHT), kx = blocks(v->nx, SIDE), nz = v->nz / kz;
	int64_t nx = v->nx / kx;
	float *image, *row;
	double *sums;

	NEED(image = ARENA_NEW(p->arena, float, nz *nx));
	NEED(row = ARENA_NEW(p->arena, float, v->nx));
	NEED(sums = ARENA_NEW(p->arena, double, nx));
	for (int64_t z = 0; z < nz; z++) {
		const struct hdf5_window w = {
			.z = z * kz, .y0 = v->ny / 2, .step = 1, .n = 1, .m = v->nx};

		TRY(volume_view_read(&p->view, &w, row));
		memset(sums, 0, (size_t)nx * sizeof(double));
		add_blocks(sums, row, nx, kx);
		for (int64_t x = 0; x < nx; x++)
			image[z * nx + x] = (float)(sums[x] / (double)kx);
	}
	p->xz = (struct grey){.data = image, .ny = nz, .nx = nx};
	NEED(p->xz.title = place_text(p, "y", v->ny / 2));
	return OK;
}

/* Of every kz-th slice the column x, k wide, in every ky-th row; z to the right. */
static enum err read_yz(struct preview *p)
{
	const struct volume_view *v = &p->view;
	int64_t kz = blocks(v->nz, UPRIGHT), ky = blocks(v->ny, UPRIGHT), kx = blocks(v->nx, SIDE);
	int64_t nz = v->nz / kz, ny = v->ny / ky;
	float *image, *columns;

	NEED(image = ARENA_NEW(p->arena, float, nz *ny));
	NEED(columns = ARENA_NEW(p->arena, float, ny *kx));
	for (int64_t z = 0; z < nz; z++) {
		const struct hdf5_window w = {
			.z = z * kz, .step = ky, .n = ny, .x0 = (v->nx - kx) / 2, .m = kx};

		TRY(volume_view_read(&p->view, &w, columns));
		for (int64_t y = 0; y < ny; y++) {
			double sum = 0;

			add_blocks(&sum, columns + y * kx, 1, kx);
			image[y * nz + z] = (float)(sum / (double)kx);
		}
	}
	p->yz = (struct grey){.data = image, .ny = ny, .nx = nz};
	NEED(p->yz.title = place_text(p, "x", v->nx / 2));
	return OK;
}

/* The middle, and what is often worse: the ends. */
static enum err read_all(struct preview *p)
{
	static const double share[MOST_MORE] = {0.05, 0.25, 0.95};
	int64_t nz = p->view.nz, last = -1;

	TRY(read_slice(p, nz / 2, &p->xy));
	TRY(read_xz(p));
	TRY(read_yz(p));
	for (int i = 0; i < MOST_MORE; i++) {
		int64_t z = (int64_t)(share[i] * (double)nz);

		if (z == nz / 2 || z == last)
			continue;
		TRY(read_slice(p, z, &p->more[p->n_more++]));
		last = z;
	}
	return OK;
}

static enum err common_scale(struct preview *p)
{
	struct grey all[3 + MOST_MORE] = {p->xy, p->xz, p->yz};

	memcpy(all + 3, p->more, (size_t)p->n_more * sizeof(struct grey));
	TRY(picture_scale(all, 3 + p->n_more, p->arena, &p->low, &p->high));
	p->xy.low = p->xz.low = p->yz.low = p->low;
	p->xy.high = p->xz.high = p->yz.high = p->high;
	for (int i = 0; i < p->n_more; i++) {
		p->more[i].low = p->low;
		p->more[i].high = p->high;
	}
	return OK;
}

/* Sides on the page: one scale for x, y and z, unless a side would be too thin to see. */
struct sides {
	double x, y, z;
	bool uneven;
};

static struct sides choose_sides(const struct volume_view *v)
{
	double nx = (double)v->nx, ny = (double)v->ny, nz = (double)v->nz;
	double scale = SIDE / fmax(nx, fmax(ny, nz));
	double flat = fmin(SIDE / fmax(nx, ny), fmax(scale, 64 / fmin(nx, ny)));
	struct sides s = {fmax(8, flat * nx), fmax(8, flat * ny), fmax(48, scale * nz), false};

	s.uneven = s.z > 1.02 * flat * nz || s.z < 0.98 * flat * nz;
	return s;
}

/* A cut filling w x h below its title, which may be wider. */
static enum err draw_cut(
	struct preview *p, struct picture *page, struct box box, double room, struct grey cut)
{
	const char *title = cut.title;

	if (choose_sides(&p->view).uneven && cut.data != p->xy.data)
		NEED(title = arena_format(p->arena, "%s, z not to scale", title));
	picture_text(page, box.x, box.y + 13, room, 12, title);
	cut.title = NULL;
	cut.fill = true;
	return picture_grey(page, (struct box){box.x, box.y + TITLE, box.w, box.h}, &cut);
}

/* A ramp from black to white with its two values, and a line of round length below the slice. */
static enum err draw_legend(struct preview *p, struct picture *page, double y, double side)
{
	const struct volume_view *v = &p->view;
	bool known = isfinite(v->voxel_um);
	double um = (known ? v->voxel_um : 1) * (double)v->nx, length = pow(10, floor(log10(um)));
	float ramp[192];
	struct grey bar = {.data = ramp, .ny = 1, .nx = 192, .low = 0, .high = 191, .fill = true};
	const struct grey black = {
		.data = ramp, .ny = 1, .nx = 1, .low = 0, .high = 1, .fill = true};
	const char *text;

	for (int i = 0; i < 192; i++)
		ramp[i] = (float)i;
	length *= length > 0.5 * um ? 0.2 : length > 0.25 * um ? 0.5 : 1;
	if (length < 0.12 * um)
		length *= 2;
	TRY(picture_grey(page, (struct box){GAP, y, 192, 14}, &bar));
	NEED(text = arena_format(p->arena, "%.4g", p->low));
	picture_text(page, GAP, y + 30, 96, 12, text);
	NEED(text = arena_format(p->arena, "%.4g %s", p->high, v->units));
	picture_text(page, GAP + 152, y + 30, 110, 12, text);
	TRY(picture_grey(
		page, (struct box){GAP + 280, y + 5, fmax(1, length / um * side), 4}, &black));
	NEED(text = length >= 1000 && known
			    ? arena_format(p->arena, "%.4g mm", length / 1000)
			    : arena_format(p->arena, "%.4g %s", length, known ? "um" : "px"));
	picture_text(page, GAP + 280, y + 30, 100, 12, text);
	return OK;
}

static enum err draw_heading(
	struct preview *p, struct picture *page, double width, const char *scan)
{
	const struct volume_view *v = &p->view;
	const char *first, *second, *more = "";

	first = arena_format(p->arena, "%s: %lld x %lld x %lld, %lld bit", v->path,
		(long long)v->nz, (long long)v->ny, (long long)v->nx, (long long)v->bits);
	if (isfinite(v->center))
		NEED(more = arena_format(p->arena, "centre %.2f, ", v->center));
	if (isfinite(v->voxel_um))
		NEED(more = arena_format(p->arena, "%svoxel %.5g um", more, v->voxel_um));
	else
		NEED(more = arena_format(p->arena, "%svoxel size unknown", more));
	if (*v->units)
		NEED(more = arena_format(p->arena, "%s, values in %s", more, v->units));
	second = arena_format(p->arena, "%s%s%s", scan ? scan : "", scan ? "; " : "", more);
	NEED(first);
	NEED(second);
	picture_text(page, GAP, 24, width - 2 * GAP, 15, first);
	picture_text(page, GAP, 46, width - 2 * GAP, 12, second);
	return OK;
}

/* xy, yz to the right of it, xz below; the other slices in a column at the right edge. */
static enum err draw(struct preview *p, const char *out, const char *scan)
{
	const struct volume_view *v = &p->view;
	struct sides s = choose_sides(v);
	double left = fmax(s.x, 160), middle = fmax(s.z, 150), more = 0, room = 0;
	double body = 2 * TITLE + s.y + GAP + s.z, right = GAP + left + GAP + middle + GAP, width;
	struct picture *page;

	if (p->n_more) {
		room = (body - (p->n_more - 1) * GAP) / p->n_more;
		more = (room - TITLE) / (double)v->ny * (double)v->nx;
		more = fmin(fmax(more, 170), SIDE);
	}
	width = fmax(right + (p->n_more ? more + GAP : 0), 560);
	TRY(picture_new(&page, (int)width, (int)(HEAD + body + GAP + FOOT), p->arena));
	TRY(draw_heading(p, page, width, scan));
	TRY(draw_cut(p, page, (struct box){GAP, HEAD, s.x, s.y}, left, p->xy));
	TRY(draw_cut(p, page, (struct box){GAP + left + GAP, HEAD, s.z, s.y}, middle, p->yz));
	TRY(draw_cut(p, page, (struct box){GAP, HEAD + TITLE + s.y + GAP, s.x, s.z}, left, p->xz));
	for (int i = 0; i < p->n_more; i++)
		TRY(picture_grey(page, (struct box){right, HEAD + i * (room + GAP), more, room},
			&p->more[i]));
	TRY(draw_legend(p, page, HEAD + body + GAP, s.x));
	return picture_save(page, out);
}

enum err preview_picture(const char *volume, const char *out, const char *scan, struct arena *arena)
{
	struct preview p = {.arena = arena};
	enum err e;

	TRY(volume_view(&p.view, volume, arena));
	e = read_all(&p);
	volume_view_close(&p.view);
	TRY(e);
	TRY(common_scale(&p));
	return draw(&p, out, scan);
}
