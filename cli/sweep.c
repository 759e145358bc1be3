/* SPDX-License-Identifier: BSD-3-Clause
 * Up to FBP_LANES centres share one back-projection: the same sinogram in each lane, its centre moved
 * by the phase ramp of the filter. Half acquisitions are stitched anew for each centre. */
#include "cli/sweep.h"

#include "core/log.h"
#include "io/tiff_write.h"
#include "recon/fbp.h"
#include "report/picture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_CENTERS = 400, MONTAGE_WIDTH = 512 };

struct sweep_job {
	struct prepared *p;
	double *center; /* full-detector columns */
	int n;
	int64_t row;
	void *raw;
	struct grey *greys;
};

static enum err list_centers(struct sweep_job *j, struct arena *arena)
{
	struct sweep s = j->p->settings->center.sweep;
	int64_t last = j->p->scan->n_col - 1;

	j->n = (int)floor((s.end - s.begin) / s.step + 1e-6) + 1;
	if (s.begin < 0 || s.end > (double)last || j->n > MAX_CENTERS)
		return fail(ERR_USAGE,
			"--sweep %g:%g:%g: at most %d centres within the detector's columns "
			"0 to %lld",
			s.begin, s.end, s.step, MAX_CENTERS, (long long)last);
	j->center = ARENA_NEW(arena, double, j->n);
	j->greys = ARENA_ZERO(arena, struct grey, j->n);
	NEED(j->center);
	NEED(j->greys);
	for (int i = 0; i < j->n; i++)
		j->center[i] = s.begin + i * s.step;
	return OK;
}

static enum err choose_row(struct sweep_job *j)
{
	struct prepared *p = j->p;
	int64_t asked = p->settings->center.row;

	j->row = p->rows.n_row / 2;
	if (asked >= 0)
		j->row = (asked - p->rows.row0) / p->rows.bin;
	if (asked >= 0 && (asked < p->rows.row0 || j->row >= p->rows.n_row))
		return fail(ERR_USAGE, "--row %lld is not among the rows %lld to %lld",
			(long long)asked, (long long)p->rows.row0,
			(long long)(p->rows.row0 + p->rows.n_row * p->rows.bin - 1));
	return OK;
}

/* A smaller copy for the montage: whole pixels averaged. */
static enum err keep_small(struct grey *g, const float *slice, int64_t n, struct arena *arena)
{
	int64_t k = (n + MONTAGE_WIDTH - 1) / MONTAGE_WIDTH, m = n / k;
	float *small = ARENA_NEW(arena, float, m *m);

	NEED(small);
	for (int64_t y = 0; y < m; y++) {
		for (int64_t x = 0; x < m; x++) {
			double sum = 0;

			for (int64_t i = 0; i < k * k; i++)
				sum += (double)slice[(y * k + i / k) * n + x * k + i % k];
			small[y * m + x] = (float)(sum / (double)(k * k));
		}
	}
	*g = (struct grey){.data = small, .ny = m, .nx = m, .low = NAN, .high = NAN};
	return OK;
}

static enum err keep_slice(struct sweep_job *j, int i, const float *slice, int64_t n,
	double pixel_um, struct arena *arena)
{
	const char *folder = j->p->settings->output.path;
	const char *path = arena_format(arena, "%s/center_%07.2f.tif", folder, j->center[i]);
	struct tiff_plan image = {.n = 1,
		.ny = n,
		.nx = n,
		.bits = 32,
		.voxel_um = pixel_um,
		.step_um = NAN,
		.min = NAN,
		.max = NAN,
		.units = isfinite(pixel_um) ? "1/cm" : "1/px"};

	NEED(path);
	image.origin = arena_format(arena,
		"tomochron " TOMO_VERSION ": centre %.4f, row %lld of %s", j->center[i],
		(long long)(j->p->rows.row0 + j->row * j->p->rows.bin), j->p->scan->path);
	NEED(image.origin);
	TRY(tiff_save(path, &image, slice, arena));
	TRY(keep_small(&j->greys[i], slice, n, arena));
	NEED(j->greys[i].title = arena_format(arena, "centre %.2f", j->center[i]));
	puts(path);
	return OK;
}

/* Centres [first, first + lanes) with one finished sinogram in every lane. */
static enum err reconstruct(
	struct sweep_job *j, int first, int lanes, struct arena *work, struct arena *arena)
{
	struct prepared *p = j->p;
	const struct geometry *g = &p->final;
	struct raw_row raw = {.data = j->raw, .stride = p->rows.n_col, .row = j->row};
	struct counts counts = {0};
	struct sinogram sino = {NULL, g->n_angle, g->n_col, lanes * g->n_col};
	double shift[FBP_LANES];
	struct fbp *fbp;
	float *slices;

	sino.data = ARENA_NEW(work, float, lanes * g->n_angle * g->n_col);
	slices = ARENA_NEW(work, float, lanes * g->n_col * g->n_col);
	NEED(sino.data);
	NEED(slices);
	TRY(prepare_sinogram(p, raw, sino, work, &counts));
	for (int l = 0; l < lanes; l++) {
		shift[l] = (j->center[first + l] - j->center[first]) / (double)p->rows.bin;
		for (int64_t i = 0; l > 0 && i < g->n_angle; i++)
			memcpy(sinogram_row(sino, i) + l * g->n_col, sinogram_row(sino, i),
				(size_t)g->n_col * sizeof(float));
	}
	TRY(fbp_new(&fbp, p->settings, g, work));
	TRY(fbp_filter(fbp, sino.data, lanes, lanes > 1 ? shift : NULL, work));
	TRY(fbp_backproject(fbp, sino.data, lanes, 0, g->n_col, slices, work));
	for (int l = 0; l < lanes; l++)
		TRY(keep_slice(j, first + l, slices + l * g->n_col * g->n_col, g->n_col,
			g->pixel_um, arena));
	return OK;
}

static enum err all_centers(struct sweep_job *j, struct arena *arena)
{
	struct arena *work = arena_new();
	struct arena_mark mark;
	enum err e = OK;

	NEED(work);
	mark = arena_mark(work);
	for (int i = 0; i < j->n && e == OK;) {
		int lanes = j->n - i < FBP_LANES ? j->n - i : FBP_LANES;

		j->p->settings->center.value = j->center[i];
		e = prepare_center(j->p, false, work);
		lanes = j->p->half ? 1 : lanes;
		if (e == OK)
			e = reconstruct(j, i, lanes, work, arena);
		arena_release(work, mark);
		i += lanes;
	}
	arena_free(work);
	return e;
}

static enum err make_folder(const struct settings *s)
{
	struct stat st;

	if (stat(s->output.path, &st) == 0 && !s->run.force)
		return fail(ERR_USAGE, "%s exists; --force writes into it", s->output.path);
	if (mkdir(s->output.path, 0777) != 0 && errno != EEXIST)
		return fail(ERR_USAGE, "%s: cannot make the folder: %s", s->output.path,
			strerror(errno));
	return OK;
}

enum err sweep_run(struct prepared *p, struct arena *arena)
{
	struct sweep_job j = {.p = p};
	const char *montage = arena_format(arena, "%s/sweep.png", p->settings->output.path);
	const char *title;

	NEED(montage);
	TRY(list_centers(&j, arena));
	TRY(choose_row(&j));
	TRY(make_folder(p->settings));
	j.raw = arena_alloc(
		arena, p->geometry.n_angle * p->rows.n_col, (size_t)sample_bytes(p->rows.type));
	NEED(j.raw);
	TRY(rows_read(&p->rows, 0, p->geometry.n_angle, j.row, j.row + 1, j.raw));
	TRY(all_centers(&j, arena));
	title = arena_format(arena, "%s, row %lld: centres in 0-based full-detector columns",
		p->scan->path, (long long)(p->rows.row0 + j.row * p->rows.bin));
	NEED(title);
	TRY(picture_montage(montage, title, j.greys, j.n, arena));
	puts(montage);
	return OK;
}
