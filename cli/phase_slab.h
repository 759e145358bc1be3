/* SPDX-License-Identifier: BSD-3-Clause
 * Reading a slab of rows with phase retrieval: projections in blocks, with the rows above and below
 * that the filter needs; the result is floats, normalised and zinger-free. */
#ifndef CLI_PHASE_SLAB_H
#define CLI_PHASE_SLAB_H

#include "cli/prepare.h"

struct phase_slab;

enum err phase_slab_new(
	struct phase_slab **phase, struct prepared *p, int64_t max_rows, struct arena *arena);
void phase_slab_free(struct phase_slab *phase); /* NULL is fine */

/* Rows [row0, row1) of all projections to out[projection][row][col]; counts: one a row. */
enum err phase_slab_read(
	struct phase_slab *phase, int64_t row0, int64_t row1, float *out, struct counts *counts);

/* Bytes it takes at most beyond the read block of p->rows. */
int64_t phase_slab_bytes(const struct prepared *p, int64_t max_rows, int threads);

#endif
