/* SPDX-License-Identifier: BSD-3-Clause
 * The sections of the option table, in the order of the processing chain, with the work each method
 * comes from. */
#include "config/options.h"

const struct section sections[] = {
	{"input", "The scan, and what its files do not say", ""},
	{"normalise", "Darks and flats: raw counts become transmission", ""},
	{"zinger", "Single bright pixels hit by stray X-rays", ""},
	{"rings", "Stripes of the sinogram, which become rings in the slice",
		"Vo, Atwood, Drakopoulos 2018, doi:10.1364/OE.26.028396; wavelet: Munch et al. "
		"2009, doi:10.1364/OE.17.008567"},
	{"phase", "Phase contrast: edge-enhanced projections become absorption-like",
		"Paganin et al. 2002, doi:10.1046/j.1365-2818.2002.01010.x"},
	{"log", "Transmission becomes line integrals of attenuation (Beer-Lambert)", ""},
	{"hardening", "Correction of line integrals for a beam of many energies",
		"Herman 1979, doi:10.1088/0031-9155/24/1/008"},
	{"center", "The rotation centre",
		"Vo, Drakopoulos, Atwood, Reinhard 2014, doi:10.1364/OE.22.019078"},
	{"fbp", "Filtered back-projection: sinograms become slices",
		"Kak, Slaney 2001, Principles of Computerized Tomographic Imaging, "
		"doi:10.1137/1.9780898719277"},
	{"stitch", "360 degree scans with the rotation axis off the middle",
		"Vo, Atwood, Drakopoulos, Connolley 2021, doi:10.1364/OE.418448"},
	{"output", "The file or folder that is written", ""},
	{"simulate", "Made-up scans with known truth: how they are measured", ""},
	{"cell", "The operando cell of simulate, and what happens to it", ""},
	{"materials", "What the simulated cell is made of, as FORMULA DENSITY (g/cm3)",
		"attenuation and refraction: Schoonjans et al. 2011, "
		"doi:10.1016/j.sab.2011.09.011"},
	{"segment", "A volume becomes labels and numbers",
		"flooding: Meyer 1994, Signal Processing 38, doi:10.1016/0165-1684(94)90060-4"},
	{"forest", "segment by a forest trained on painted slices, for samples that are no cell",
		"Breiman 2001, doi:10.1023/A:1010933404324"},
	{"picture", "Pictures of labels", ""},
	{"mesh", "Surfaces of labels, for ParaView",
		"marching cubes: Lorensen, Cline 1987, doi:10.1145/37401.37422; smoothing: Taubin "
		"1995, doi:10.1145/218380.218473"},
	{"score", "Labels or a volume against the truth",
		"Taha, Hanbury 2015, doi:10.1186/s12880-015-0068-x"},
	{"run", "How the program runs; changes nothing in the result", ""},
	{0},
};
