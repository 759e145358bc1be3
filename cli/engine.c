/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/engine.h"

#include "cli/console.h"
#include "cli/phase_slab.h"
#include "core/parallel.h"
#include "core/pipeline.h"

#include <stdio.h>
#include <string.h>

struct slab {
	int64_t row0, row1;
};

/* What the writing thread does: bands of a batch of slices, then their commitment. */
struct write_job {
	struct engine *engine;
	int64_t z0, y0, rows;
	int lanes;
	const float *band;
	bool last;
	struct counts counts[FBP_LANES];
};

struct engine {
	struct prepared *p;
	const struct fbp *fbp;
	const struct plan *plan;
	struct volume *volume;
	struct slab *slabs;
	int64_t n_slabs;
	void *raw[2];
	float *batch, *band[2];
	struct arena **scratch; /* one a thread, and one for filter and back-projection */
	struct arena *shared;
	struct worker *writer;
	struct write_job job[2];
	int64_t n_jobs;
	struct counts *total;
	struct engine_times *times;
	/* the batch in hand */
	const struct slab *slab;
	int buffer;
	int64_t row0;
	int lanes;
	struct counts counts[FBP_LANES];
	/* phase retrieval */
	struct phase_slab *phase;
	struct counts *phase_counts; /* of the rows of the slab */
};

static bool is_phase(const struct engine *e)
{
	return e->p->settings->phase.method == PHASE_PAGANIN;
}

/* Rows that are not there yet, cut into slabs. */
static enum err list_slabs(struct engine *e, struct arena *arena)
{
	int64_t n = e->p->rows.n_row;

	e->slabs = ARENA_NEW(arena, struct slab, n);
	NEED(e->slabs);
	for (int64_t r = 0; r < n; r++) {
		struct slab *last = e->n_slabs ? &e->slabs[e->n_slabs - 1] : NULL;

		if (volume_has(e->volume, r))
			continue;
		if (last && last->row1 == r && r - last->row0 < e->plan->slab)
			last->row1 = r + 1;
		else
			e->slabs[e->n_slabs++] = (struct slab){r, r + 1};
	}
	return OK;
}

static enum err allocate(struct engine *e, struct arena *arena)
{
	const struct plan *plan = e->plan;
	const struct geometry *g = &e->p->geometry, *final = &e->p->final;
	int64_t sample = is_phase(e) ? 4 : sample_bytes(e->p->rows.type);

	for (int i = 0; i < plan->buffers; i++) {
		e->raw[i] = arena_alloc(arena, plan->slab * g->n_angle * g->n_col, (size_t)sample);
		NEED(e->raw[i]);
	}
	e->batch = ARENA_NEW(arena, float, plan->lanes * final->n_angle * final->n_col);
	NEED(e->batch);
	for (int i = 0; i < 2; i++) {
		e->band[i] = ARENA_NEW(arena, float, plan->lanes * plan->band * final->n_col);
		NEED(e->band[i]);
	}
	return OK;
}

static enum err read_slab(void *context, int64_t item, int buffer)
{
	struct engine *e = context;
	const struct slab *s = &e->slabs[item];

	if (is_phase(e))
		return phase_slab_read(e->phase, s->row0, s->row1, e->raw[buffer], e->phase_counts);
	return rows_read(&e->p->rows, 0, e->p->geometry.n_angle, s->row0, s->row1, e->raw[buffer]);
}

static enum err process_row(void *context, int64_t lane, int thread)
{
	struct engine *e = context;
	const struct geometry *g = &e->p->final;
	int64_t n_col = e->p->geometry.n_col, rows = e->slab->row1 - e->slab->row0;
	int64_t sample = is_phase(e) ? 4 : sample_bytes(e->p->rows.type);
	int64_t row = e->row0 + lane;
	struct sinogram out = {
		e->batch + lane * g->n_col, g->n_angle, g->n_col, e->lanes * g->n_col};
	struct raw_row raw = {
		.data = (char *)e->raw[e->buffer] + (row - e->slab->row0) * n_col * sample,
		.stride = rows * n_col,
		.row = row,
		.normalised = is_phase(e)};

	if (is_phase(e))
		e->counts[lane] = e->phase_counts[row - e->slab->row0];
	else
		memset(&e->counts[lane], 0, sizeof(e->counts[lane]));
	return prepare_sinogram(e->p, raw, out, e->scratch[thread], &e->counts[lane]);
}

static enum err write_band(void *argument)
{
	struct write_job *j = argument;
	struct engine *e = j->engine;
	int64_t n_col = e->p->final.n_col;

	for (int l = 0; l < j->lanes; l++)
		TRY(volume_put(
			e->volume, j->z0 + l, j->y0, j->rows, j->band + l * j->rows * n_col));
	if (!j->last)
		return OK;
	TRY(volume_commit(e->volume, j->z0, j->z0 + j->lanes, j->counts[0].n));
	progress_add(j->lanes);
	return OK;
}

static enum err backproject_batch(struct engine *e)
{
	int64_t n = e->p->final.n_col, band = e->plan->band;

	for (int64_t y = 0; y < n; y += band) {
		struct write_job *job = &e->job[e->n_jobs % 2];
		int64_t rows = y + band < n ? band : n - y;
		float *out = e->band[e->n_jobs % 2];

		if (console_interrupted())
			return fail(ERR_INTERRUPTED, "interrupted");
		TRY(fbp_backproject(e->fbp, e->batch, e->lanes, y, y + rows, out, e->shared));
		*job = (struct write_job){.engine = e,
			.z0 = e->row0,
			.y0 = y,
			.rows = rows,
			.lanes = e->lanes,
			.band = out,
			.last = y + rows == n};
		memcpy(job->counts, e->counts, sizeof(job->counts));
		TRY(worker_submit(e->writer, write_band, job));
		e->n_jobs++;
	}
	return OK;
}

static enum err compute_batch(struct engine *e)
{
	const struct geometry *g = &e->p->final;
	double shift[FBP_LANES];

	double start = seconds_now(), filtered;

	parallel_set_threads(e->plan->stage_threads);
	TRY(parallel_for(e->lanes, process_row, e));
	parallel_set_threads((int)e->p->settings->run.threads);
	filtered = seconds_now();
	e->times->stages += filtered - start;
	for (int l = 0; l < e->lanes; l++) {
		shift[l] = g->center_slope * ((double)(e->row0 + l) - g->center_row);
		for (int c = 0; c < N_COUNTS; c++)
			e->total->n[c] += e->counts[l].n[c];
	}
	TRY(fbp_filter(e->fbp, e->batch, e->lanes, g->center_slope != 0 ? shift : NULL, e->shared));
	start = seconds_now();
	e->times->filter += start - filtered;
	TRY(backproject_batch(e));
	e->times->backproject += seconds_now() - start;
	return OK;
}

static enum err compute_slab(void *context, int64_t item, int buffer)
{
	struct engine *e = context;

	e->slab = &e->slabs[item];
	e->buffer = buffer;
	for (e->row0 = e->slab->row0; e->row0 < e->slab->row1; e->row0 += e->plan->lanes) {
		int64_t left = e->slab->row1 - e->row0;

		e->lanes = (int)(left < e->plan->lanes ? left : e->plan->lanes);
		if (console_interrupted())
			return fail(ERR_INTERRUPTED, "interrupted");
		TRY(compute_batch(e));
	}
	return OK;
}

static enum err run(struct engine *e, struct arena *arena)
{
	struct pipeline pipeline = {.buffers = e->plan->buffers,
		.context = e,
		.read = read_slab,
		.compute = compute_slab,
		.stop = console_interrupted};

	TRY(list_slabs(e, arena));
	TRY(allocate(e, arena));
	if (is_phase(e)) {
		e->phase_counts = ARENA_NEW(arena, struct counts, e->plan->slab);
		NEED(e->phase_counts);
		TRY(phase_slab_new(&e->phase, e->p, e->plan->slab, arena));
	}
	e->writer = worker_start();
	NEED(e->writer);
	pipeline.n = e->n_slabs;
	TRY(pipeline_run(&pipeline));
	return worker_wait(e->writer);
}

enum err engine_run(struct prepared *p, const struct fbp *fbp, const struct plan *plan,
	struct volume *volume, struct counts *total, struct engine_times *times,
	struct arena *arena)
{
	struct engine *e = ARENA_ZERO(arena, struct engine, 1);
	int threads = parallel_threads();
	enum err result = OK;

	NEED(e);
	*e = (struct engine){
		.p = p, .fbp = fbp, .plan = plan, .volume = volume, .total = total, .times = times};
	e->scratch = ARENA_ZERO(arena, struct arena *, threads);
	NEED(e->scratch);
	e->shared = arena_new();
	for (int i = 0; i < threads; i++)
		if (!(e->scratch[i] = arena_new()))
			result = ERR_RESOURCE;
	if (!e->shared)
		result = ERR_RESOURCE;
	if (result == OK)
		result = run(e, arena);
	if (e->writer && result != OK) {
		char sentence[2048];

		snprintf(sentence, sizeof(sentence), "%s", error_message());
		worker_stop(e->writer);
		fail(result, "%s", sentence);
	} else {
		worker_stop(e->writer);
	}
	phase_slab_free(e->phase);
	for (int i = 0; i < threads; i++)
		arena_free(e->scratch[i]);
	arena_free(e->shared);
	parallel_set_threads((int)p->settings->run.threads);
	return result;
}
