/* SPDX-License-Identifier: BSD-3-Clause
 * Transmission to line integral of attenuation (Beer-Lambert): p = -log(max(T, floor)).
 * The floor keeps an opaque pixel opaque: set to 1 instead, as some programs do, it would turn into a
 * fully transparent ray and a bright streak. What is raised is counted. */
#include "recon/point.h"
#include "recon/stage.h"

#include <float.h>

static bool active(const struct settings *s)
{
	(void)s;
	return true;
}

static enum err check(const struct settings *s, const struct geometry *g)
{
	(void)g;
	if (!(s->log.floor >= (double)FLT_MIN && s->log.floor < 1))
		return fail(ERR_USAGE,
			"--log.floor is %g, but a smallest transmission lies between 0 and 1, "
			"for example 1e-6",
			s->log.floor);
	return OK;
}

static int64_t scratch_bytes(const struct settings *s, const struct geometry *g)
{
	(void)s, (void)g;
	return 0;
}

static enum err apply(const struct settings *s, const struct geometry *g, struct sinogram sino,
	struct arena *scratch, struct counts *counts)
{
	const struct point_kernels *kernels = point_kernels();

	(void)g, (void)scratch;
	for (int64_t i = 0; i < sino.n_angle; i++)
		counts->n[COUNT_CLIPPED] += kernels->minus_log(
			sinogram_row(sino, i), (float)s->log.floor, (int32_t)sino.n_col);
	return OK;
}

const struct stage stage_log = {"log", active, check, scratch_bytes, apply};
