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
	int threads;
	struct arena **scratch; /* one a thread, the last one for the frames */
	struct counts *counts;	/* threads x max_rows */
	int64_t max_rows;
	/* the block in hand */
	const char *frames;
	int64_t first, row0, row1, from, to; /* projection of the first frame; rows wanted, read */
	int64_t begin;			     /* first projection that is wanted of the block */
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

/* Projections beyond a block that the zinger test looks at, on each side. At an end of the scan the neighbour on the
 * other side counts twice. */
static int64_t beyond(const struct prepared *p)
{
	return stage_zinger.active(p->settings) ? p->settings->zinger.size : 0;
}

int64_t phase_slab_bytes(const struct prepared *p, int64_t max_rows, int threads)
{
	int64_t pixels = image_rows(p, max_rows) * p->geometry.n_col;

	/* a projection as floats, its two neighbours in time, the same without zingers, half-complex rows of
	 * twice the width; frames beyond the block on both sides */
	return threads * pixels * 4 * 10 + p->rows.block +
	       2 * beyond(p) * image_rows(p, max_rows) * p->rows.n_col * sample_bytes(p->rows.type);
}

/* One projection: the rows that are read, as floats; where the detector ends its edge row is repeated. */
static void normalise_frame(
	const struct phase_slab *f, int64_t i, float *image, struct counts *counts)
{
	const struct prepared *p = f->p;
	int64_t n_col = p->geometry.n_col, read = f->to - f->from;
	int64_t rows = image_rows(p, f->row1 - f->row0), above = f->from - (f->row0 - p->halo);

	normalise_image(&p->fields, f->from - p->field_row0, read, i,
		f->frames + (i - f->first) * read * n_col * sample_bytes(p->rows.type),
		raw_type(p->rows.type), image + above * n_col, counts, true);
	for (int64_t r = 0; r < rows; r++)
		if (r < above || r >= above + read)
			memcpy(image + r * n_col,
				image + (r < above ? above : above + read - 1) * n_col,
				(size_t)n_col * sizeof(float));
}

/* Against the projections before and after; counts: of the rows wanted. */
static enum err remove_zingers(const struct phase_slab *f, int64_t i, const float *image,
	float *clean, struct counts *counts, struct arena *arena)
{
	const struct prepared *p = f->p;
	const struct zinger_settings *z = &p->settings->zinger;
	int64_t n_col = p->geometry.n_col, rows = image_rows(p, f->row1 - f->row0);
	struct counts *none = ARENA_ZERO(arena, struct counts, f->to - f->from);
	float *beside[2];

	NEED(none);
	for (int k = 0; k < 2; k++) {
		NEED(beside[k] = ARENA_NEW(arena, float, rows *n_col));
		normalise_frame(f, zinger_neighbour(z, i, k ? 1 : -1, p->geometry.n_angle),
			beside[k], none);
	}
	for (int64_t r = 0; r < rows; r++) {
		int64_t at = r * n_col, row = r - p->halo;
		int64_t hits = zinger_row(
			z, clean + at, beside[0] + at, image + at, beside[1] + at, n_col);

		if (row >= 0 && row < f->row1 - f->row0)
			counts[row].n[COUNT_ZINGERS] += hits;
	}
	return OK;
}

static enum err process_projection(void *context, int64_t k, int thread)
{
	const struct phase_slab *f = context;
	const struct prepared *p = f->p;
	int64_t i = f->begin + k, n_col = p->geometry.n_col, n = f->row1 - f->row0;
	struct arena *arena = f->scratch[thread];
	struct arena_mark mark = arena_mark(arena);
	struct counts *counts = f->counts + thread * f->max_rows;
	float *image = ARENA_NEW(arena, float, image_rows(p, n) * n_col), *clean = image;
	struct counts *each = ARENA_ZERO(arena, struct counts, f->to - f->from);

	NEED(image);
	NEED(each);
	normalise_frame(f, i, image, each);
	for (int64_t r = f->row0; r < f->row1; r++)
		for (int c = 0; c < N_COUNTS; c++)
			counts[r - f->row0].n[c] += each[r - f->from].n[c];
	if (stage_zinger.active(p->settings)) {
		NEED(clean = ARENA_NEW(arena, float, image_rows(p, n) * n_col));
		TRY(remove_zingers(f, i, image, clean, counts, arena));
	}
	TRY(paganin_apply(f->paganin, f->out + i * n * n_col, clean, n, arena));
	arena_release(arena, mark);
	return OK;
}

/* Projections [begin, end) and those that they are compared with. */
static enum err process_block(struct phase_slab *f, int64_t begin, int64_t end)
{
	struct prepared *p = f->p;
	struct arena *arena = f->scratch[f->threads];
	struct arena_mark mark = arena_mark(arena);
	int64_t last =
		end + beyond(p) < p->geometry.n_angle ? end + beyond(p) : p->geometry.n_angle;
	int64_t frame = (f->to - f->from) * p->rows.n_col * sample_bytes(p->rows.type);
	char *frames;

	f->first = begin > beyond(p) ? begin - beyond(p) : 0;
	f->begin = begin;
	NEED(frames = arena_alloc(arena, last - f->first, (size_t)frame));
	f->frames = frames;
	TRY(rows_read(&p->rows, f->first, last, f->from, f->to, frames));
	TRY(parallel_for(end - begin, process_projection, f));
	arena_release(arena, mark);
	return OK;
}

enum err phase_slab_read(
	struct phase_slab *f, int64_t row0, int64_t row1, float *out, struct counts *counts)
{
	struct prepared *p = f->p;
	int64_t field1 = p->field_row0 + p->fields.n_row, n = p->geometry.n_angle, frame, block;

	f->row0 = row0;
	f->row1 = row1;
	f->out = out;
	f->from = row0 - p->halo > p->field_row0 ? row0 - p->halo : p->field_row0;
	f->to = row1 + p->halo < field1 ? row1 + p->halo : field1;
	frame = (f->to - f->from) * p->rows.n_col * sample_bytes(p->rows.type);
	block = p->rows.block / frame > 1 ? p->rows.block / frame : 1;
	memset(f->counts, 0, (size_t)(f->threads * f->max_rows) * sizeof(*f->counts));
	for (int64_t i = 0; i < n; i += block) {
		if (console_interrupted())
			return fail(ERR_INTERRUPTED, "interrupted");
		TRY(process_block(f, i, i + block < n ? i + block : n));
	}
	memset(counts, 0, (size_t)(row1 - row0) * sizeof(*counts));
	for (int t = 0; t < f->threads; t++)
		for (int64_t r = 0; r < row1 - row0; r++)
			for (int c = 0; c < N_COUNTS; c++)
				counts[r].n[c] += f->counts[t * f->max_rows + r].n[c];
	return OK;
}
