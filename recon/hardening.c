/* SPDX-License-Identifier: BSD-3-Clause
 * Linearisation of beam hardening: p' = p + a2 p^2 + a3 p^3, the polynomial usually fitted to a
 * step wedge (G. T. Herman, Phys. Med. Biol. 24 (1979) 81, DOI 10.1088/0031-9155/24/1/008).
 * A polynomial that turns round would map two thicknesses to one value: refused. */
#include "recon/point.h"
#include "recon/stage.h"

static const double max_p = 8; /* transmission 3e-4: thicker rays carry hardly any photons */

static bool active(const struct settings *s)
{
	return s->hardening.a2 != 0 || s->hardening.a3 != 0;
}

static enum err check(const struct settings *s, const struct geometry *g)
{
	double a2 = s->hardening.a2, a3 = s->hardening.a3;
	double turn = a3 != 0 ? -a2 / (3 * a3) : 0; /* where the slope is extreme */
	double at[2] = {turn > 0 && turn < max_p ? turn : max_p, max_p};

	(void)g;
	for (int i = 0; i < 2; i++)
		if (!(1 + 2 * a2 * at[i] + 3 * a3 * at[i] * at[i] > 0))
			return fail(ERR_USAGE,
				"--hardening.a2 %g with --hardening.a3 %g does not rise with "
				"thickness: the slope of p + a2 p^2 + a3 p^3 is not above 0 at "
				"p = %.3g; it must be from p = 0 to %g",
				a2, a3, at[i], max_p);
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

	(void)g, (void)scratch, (void)counts;
	for (int64_t i = 0; i < sino.n_angle; i++)
		kernels->harden(sinogram_row(sino, i), (float)s->hardening.a2,
			(float)s->hardening.a3, (int32_t)sino.n_col);
	return OK;
}

const struct stage stage_hardening = {"hardening", active, check, scratch_bytes, apply};
