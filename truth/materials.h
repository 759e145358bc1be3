/* SPDX-License-Identifier: BSD-3-Clause
 * What x-rays see of a material, from xraylib's tables (Schoonjans et al. 2011,
 * doi:10.1016/j.sab.2011.09.011); the only door to that library. To be called from one thread at a
 * time. */
#ifndef TRUTH_MATERIALS_H
#define TRUTH_MATERIALS_H

#include "core/error.h"

struct material {
	double mu;	/* linear attenuation, 1/cm: photoelectric, Rayleigh and Compton */
	double delta;	/* 1 - real part of the refractive index */
	double density; /* g/cm3 */
};

/* text, as typed:
 *   "Na3Zr2Si2PO12 3.27"		formula and density in g/cm3; "g/cm3" may follow
 *   "Na 22 wt% K 78 wt% 0.87 g/cm3"	shares by weight, which add up to 100, then the density
 *   "gas", "vacuum"			nothing: all zero
 * Formulae as xraylib reads them: Al2O3, Ca(OH)2, Na0.5K0.5. where: goes in front of the sentence of an
 * error ("run.yaml:12"). ERR_USAGE: text that is none of these, an unknown element, a density that is
 * not positive, an energy outside 1 to 800 keV. */
enum err material_parse(
	const char *text, const char *where, double energy_kev, struct material *material);

#endif
