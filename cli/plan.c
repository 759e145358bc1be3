/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/plan.h"

#include "cli/phase_slab.h"
#include "core/parallel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BASE = 64 << 20, MAX_SLAB = 128 }; /* BASE: program, libraries, FFT plans, file buffers */

static int64_t limit_in(const char *path)
{
	FILE *f = fopen(path, "r");
	long long bytes;
	int64_t limit = INT64_MAX;

	if (f && fscanf(f, "%lld", &bytes) == 1) /* "max": no limit */
		limit = bytes;
	if (f)
		fclose(f);
	return limit;
}

/* The least limit of this process's control group (version 2) and those above it. */
static int64_t cgroup_limit(void)
{
	char group[1024] = "", path[1200];
	FILE *f = fopen("/proc/self/cgroup", "r");
	int64_t least = INT64_MAX;

	if (f && fscanf(f, "0::%1000s", group) != 1)
		group[0] = '\0';
	if (f)
		fclose(f);
	for (;;) {
		char *slash = strrchr(group, '/');
		int64_t limit;

		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", group);
		limit = limit_in(path);
		least = limit < least ? limit : least;
		if (!slash)
			return least;
		*slash = '\0';
	}
}

/* What Slurm grants the job on this node, in MB; INT64_MAX outside of Slurm. */
static int64_t job_limit(void)
{
	const char *node = getenv("SLURM_MEM_PER_NODE"), *cpu = getenv("SLURM_MEM_PER_CPU");
	const char *cpus = getenv("SLURM_CPUS_ON_NODE");
	int64_t mb = node ? atoll(node) : cpu && cpus ? atoll(cpu) * atoll(cpus) : 0;

	return mb > 0 && mb < INT64_MAX >> 20 ? mb << 20 : INT64_MAX;
}

int64_t memory_limit(const struct settings *s)
{
	int64_t limit = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	int64_t group = cgroup_limit(), job = job_limit();

	if (s->run.memory > 0)
		return s->run.memory;
	limit = limit < group ? limit : group;
	limit = limit < job ? limit : job;
	return limit / 4 * 3;
}

static int64_t fields_bytes(const struct prepared *p)
{
	return p->fields.n_row * p->fields.n_col * 4 * (1 + p->scan->n_flat_groups);
}

static int64_t plan_bytes(const struct prepared *p, const struct fbp *fbp, const struct plan *plan,
	int64_t volume_bytes_per_slice)
{
	bool phase = p->settings->phase.method == PHASE_PAGANIN;
	int64_t sample = phase ? 4 : sample_bytes(p->rows.type);
	int64_t raw_row = p->geometry.n_angle * p->geometry.n_col * sample;
	int64_t batch_row = p->final.n_angle * p->final.n_col * 4;
	int64_t filter = fbp_filter_scratch(fbp, plan->lanes, parallel_threads());
	int64_t project = fbp_backproject_scratch(fbp, plan->lanes, parallel_threads());

	return BASE + fields_bytes(p) + p->rows.block +
	       (phase ? phase_slab_bytes(p, plan->slab, parallel_threads()) : 0) +
	       plan->buffers * plan->slab * raw_row + plan->lanes * batch_row +
	       plan->stage_threads * prepare_scratch(p) + (filter > project ? filter : project) +
	       2 * plan->lanes * plan->band * p->final.n_col * 4 +
	       plan->lanes * volume_bytes_per_slice;
}

static bool fits(const struct prepared *p, const struct fbp *fbp, struct plan *plan, int64_t volume)
{
	plan->bytes = plan_bytes(p, fbp, plan, volume);
	return plan->bytes <= plan->limit;
}

/* From fast to frugal: lanes matter most, then threads in the stages, then overlap. */
static bool choose(
	struct plan *plan, const struct prepared *p, const struct fbp *fbp, int64_t volume)
{
	bool phase = p->settings->phase.method == PHASE_PAGANIN;

	for (plan->lanes = FBP_LANES; plan->lanes >= 1; plan->lanes /= 2) {
		for (int threads = parallel_threads(); threads >= 1; threads = threads / 2) {
			plan->stage_threads = threads < plan->lanes ? threads : plan->lanes;
			for (plan->buffers = phase ? 1 : 2; plan->buffers >= 1; plan->buffers--) {
				plan->slab = plan->lanes;
				if (fits(p, fbp, plan, volume))
					return true;
			}
		}
	}
	plan->lanes = plan->buffers = plan->stage_threads = 1;
	plan->slab = 1;
	return fits(p, fbp, plan, volume);
}

enum err plan_make(
	struct plan *plan, const struct prepared *p, const struct fbp *fbp, int64_t volume)
{
	int64_t want = p->settings->run.slab;

	*plan = (struct plan){.limit = memory_limit(p->settings)};
	plan->band = p->final.n_col < 128 ? p->final.n_col : 128;
	if (!choose(plan, p, fbp, volume))
		return fail(ERR_RESOURCE,
			"--memory %lldM is too little: one row at a time needs --memory %lldM",
			(long long)(plan->limit >> 20), (long long)(plan->bytes >> 20) + 1);
	if (want > 0 && want < plan->slab) {
		plan->slab = want;
	} else {
		int64_t most = want > 0 ? want : MAX_SLAB;

		/* no slab beyond the selection, and at least two so that reading can run ahead */
		while (plan->slab + plan->lanes <= most && 2 * plan->slab < p->rows.n_row) {
			plan->slab += plan->lanes;
			if (!fits(p, fbp, plan, volume)) {
				plan->slab -= plan->lanes;
				break;
			}
		}
	}
	if (plan->slab > p->rows.n_row)
		plan->slab = p->rows.n_row;
	fits(p, fbp, plan, volume);
	return OK;
}
