/* SPDX-License-Identifier: BSD-3-Clause
 * How a reconstruction fits into memory: how many rows are read at once, how many slices share one
 * pass, whether reading overlaps computing. Nothing here changes a byte of the result. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli/prepare.h"
#include "recon/fbp.h"

struct plan {
	int lanes;	   /* slices back-projected together */
	int64_t slab;	   /* rows read at once */
	int buffers;	   /* 2: read the next slab while computing this one */
	int64_t band;	   /* image rows back-projected and written at once */
	int stage_threads; /* sinograms processed at the same time */
	int64_t bytes, limit;
};

/* Bytes this process may use when --memory is not given: three quarters of what the machine, the
 * job (Slurm) or the control group has. */
int64_t memory_limit(const struct settings *s);

/* The fastest plan that keeps the limit; ERR_RESOURCE with what is needed when none does. */
enum err plan_make(struct plan *plan, const struct prepared *p, const struct fbp *fbp,
	int64_t volume_bytes_per_slice);

#endif
