/* SPDX-License-Identifier: BSD-3-Clause
 * What the files of filtered back-projection share (private to recon/fbp*.c). */
#ifndef RECON_FBP_PARTS_H
#define RECON_FBP_PARTS_H

#include "recon/fbp.h"
#include "recon/fft.h"

struct fbp {
	int64_t n_angle, n_col, n_pad; /* n_pad: length of the padded projection */
	double center, mask;
	double *cosine, *sine, *weight; /* per angle; weight: arc / pixel size in cm */
	enum fbp_padding padding;
	const struct fft *fft;
	float *response; /* n_pad / 2 + 1: window x ramp / n_pad */
};

/* Padded length, Fourier plan and response. */
enum err fbp_make_filter(struct fbp *fbp, const struct fbp_settings *s, struct arena *arena);

/* Extends a projection beyond the detector: padded[0, n_col) are the measured values, the right side
 * goes on behind them and the left side ends at padded[n_pad - 1] (it is a circle). */
void fbp_pad(
	enum fbp_padding padding, const float *row, int64_t n_col, float *padded, int64_t n_pad);

#endif
