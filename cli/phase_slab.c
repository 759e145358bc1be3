/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/phase_slab.h"

#include "cli/console.h"
#include "core/parallel.h"
#include "recon/phase.h"
#include "recon/zinger.h"

#include <string.h>

struct phase_slab {
	struct prepared *p;
	struct paganin *paganin;
	int64_t filter_halo; /* of the filter alone; p->halo has the zinger test's too */
	int threads;
	struct arena **scratch; /* one a thread, the last one for the frames */
	struct counts *counts;	/* threads x max_rows */
	int64_t max_rows;
	/* the block in hand */
	const char *frames;
	int64_t first, row0, row1, from, to; /* rows wanted, and rows read */
	float *out;
};

enum err phase_slab_new(
	struct phase_slab **out, struct prepared *p, int64_t max_rows, struct arena *arena)
{
	struct phase_slab *f = ARENA_ZERO(arena, struct phase_slab, 1);

	NEED(f);
	*out = f;
	f->p = p;
	f->threads = parallel_threads();
	f->max_rows = max_rows;
	f->filter_halo = paganin_halo(p->settings, &p->geometry);
	f->scratch = ARENA_ZERO(arena, struct arena *, f->threads + 1);
	f->counts = ARENA_NEW(arena, struct counts, f->threads * max_rows);
	NEED(f->scratch);
	NEED(f->counts);
	for (int i = 0; i <= f->threads; i++)
		NEED(f->scratch[i] = arena_new());
	return paganin_new(&f->paganin, p->settings, &p->geometry, arena);
}

void phase_slab_free(struct phase_slab *f)
{
	for (int i = 0; f && f->scratch && i <= f->threads; i++)
		arena_free(f->scratch[i]);
}

static int64_t image_rows(const struct prepared *p, int64_t rows)
{
	return rows + 2 * p->halo;
}

int64_t phase_slab_bytes(const struct prepared *p, int64_t max_rows, int threads)
{
	/* a projection as floats, the same without zingers, half-complex rows of twice the width */
	return threads * image_rows(p, max_rows) * p->geometry.n_col * 4 * 8 + p->rows.block;
}

/* The zinger test row by row, so that each row has its own count. */
static void remove_zingers(
	const struct phase_slab *f, const float *in, float *out, int64_t n, struct counts *counts)
{
	const struct zinger_settings *z = &f->p->settings->zinger;
	int64_t n_col = f->p->geometry.n_col;

	for (int64_t r = 0; r < n; r++) {
		int64_t hits = zinger_image(z, out + r * n_col, in + r * n_col, 1, n_col);
		int64_t row = r - f->filter_halo;

		if (row >= 0 && row < f->row1 - f->row0)
			counts[row].n[COUNT_ZINGERS] += hits;
	}
}

static enum err process_projection(void *context, int64_t i, int thread)
{
	const struct phase_slab *f = context;
	const struct prepared *p = f->p;
	int64_t n_col = p->geometry.n_col, n = f->row1 - f->row0, read = f->to - f->from;
	int64_t rows = image_rows(p, n), above = f->from - (f->row0 - p->halo),
		z = p->settings->zinger.size;
	struct arena *arena = f->scratch[thread];
	struct arena_mark mark = arena_mark(arena);
	struct counts *counts = f->counts + thread * f->max_rows;
	float *image = ARENA_NEW(arena, float, rows *n_col);
	float *clean = ARENA_NEW(arena, float, rows *n_col);
	struct counts *each = ARENA_ZERO(arena, struct counts, read);

	NEED(image);
	NEED(clean);
	NEED(each);
	normalise_image(&p->fields, f->from - p->field_row0, read, f->first + i,
		f->frames + i * read * n_col * sample_bytes(p->rows.type), raw_type(p->rows.type),
		image + above * n_col, each, true);
	for (int64_t r = 0; r < rows; r++) /* beyond the detector its edge row is repeated */
		if (r < above || r >= above + read)
			memcpy(image + r * n_col,
				image + (r < above ? above : above + read - 1) * n_col,
				(size_t)n_col * sizeof(float));
	for (int64_t r = f->row0; r < f->row1; r++)
		for (int c = 0; c < N_COUNTS; c++)
			counts[r - f->row0].n[c] += each[r - f->from].n[c];
	if (stage_zinger.active(p->settings))
		remove_zingers(f, image, clean, rows - 2 * z, counts);
	else
		clean = image + z * n_col;
	TRY(paganin_apply(f->paganin, f->out + (f->first + i) * n * n_col, clean, n, arena));
	arena_release(arena, mark);
	return OK;
}

enum err phase_slab_read(
	struct phase_slab *f, int64_t row0, int64_t row1, float *out, struct counts *counts)
{
	struct prepared *p = f->p;
	int64_t field1 = p->field_row0 + p->fields.n_row, n = p->geometry.n_angle, frame, block;
	struct arena *arena = f->scratch[f->threads];

	f->row0 = row0;
	f->row1 = row1;
	f->out = out;
	f->from = row0 - p->halo > p->field_row0 ? row0 - p->halo : p->field_row0;
	f->to = row1 + p->halo < field1 ? row1 + p->halo : field1;
	frame = (f->to - f->from) * p->rows.n_col * sample_bytes(p->rows.type);
	block = p->rows.block / frame > 1 ? p->rows.block / frame : 1;
	memset(f->counts, 0, (size_t)(f->threads * f->max_rows) * sizeof(*f->counts));
	for (f->first = 0; f->first < n; f->first += block) {
		int64_t k = n - f->first < block ? n - f->first : block;
		struct arena_mark mark = arena_mark(arena);
		char *frames = arena_alloc(arena, k, (size_t)frame);

		if (console_interrupted())
			return fail(ERR_INTERRUPTED, "interrupted");
		NEED(frames);
		f->frames = frames;
		TRY(rows_read(&p->rows, f->first, f->first + k, f->from, f->to, frames));
		TRY(parallel_for(k, process_projection, f));
		arena_release(arena, mark);
	}
	memset(counts, 0, (size_t)(row1 - row0) * sizeof(*counts));
	for (int t = 0; t < f->threads; t++)
		for (int64_t r = 0; r < row1 - row0; r++)
			for (int c = 0; c < N_COUNTS; c++)
				counts[r].n[c] += f->counts[t * f->max_rows + r].n[c];
	return OK;
}
