/* SPDX-License-Identifier: BSD-3-Clause
 * What the files of filtered back-projection share (private to recon/fbp*.c). */
#ifndef RECON_FBP_PARTS_H
#define RECON_FBP_PARTS_H

#include "recon/fbp.h"
#include "recon/fft.h"

enum { MAX_BINS = 24 };

/* How a projection is continued beyond the detector. */
struct pad_plan {
	enum fbp_padding padding;
	int64_t n_col, n_pad, left, right; /* left + n_col + right = n_pad */
	int64_t n_bin, edge; /* bins that `ellipse` may fit on each side, columns it scales to */
	int64_t n_taper;
	float *taper; /* the cosine of `decay` */
};

struct fbp {
	int64_t n_angle, n_col, n_pad; /* n_pad: length of the padded projection */
	double center, mask;
	double *cosine, *sine, *weight; /* per angle; weight: arc / pixel size in cm */
	struct pad_plan pad;
	const struct fft *fft;
	float *response; /* n_pad / 2 + 1: window x ramp / n_pad */
};

/* Padded length, Fourier plan and response. */
enum err fbp_make_filter(struct fbp *fbp, const struct fbp_settings *s, struct arena *arena);

/* Extends a projection beyond the detector: padded[0, n_col) are the measured values, the right side
 * goes on behind them and the left side ends at padded[n_pad - 1] (it is a circle). */
enum err fbp_plan_pad(struct pad_plan *plan, enum fbp_padding padding, int64_t n_col, int64_t n_pad,
	struct arena *arena);
void fbp_pad(const struct pad_plan *plan, const float *row, float *padded);

#endif
