/* SPDX-License-Identifier: BSD-3-Clause
 * Kernels of the stages that work on single values or on a small fixed neighbourhood, one row of n
 * values a call. Compiled in recon/kernel_point.c, chosen by point_kernels(). Rows must not overlap.
 *
 * Functions inside are accurate to: log, at most 3e-7 relative and, within 0.3 of 1, 6e-8
 * absolute; exp, at most 2e-7 relative on [-87, 88]. */
#ifndef RECON_POINT_H
#define RECON_POINT_H

#include "core/isa.h"

#include <stdint.h>

struct point_kernels {
	/* out = (raw - dark) / (f0 + w * (f1 - f0)); returns how many of out are not finite. */
	int32_t (*normalise_u8)(float *restrict out, const uint8_t *restrict raw,
		const float *restrict dark, const float *f0, const float *f1, float w, int32_t n);
	int32_t (*normalise_u16)(float *restrict out, const uint16_t *restrict raw,
		const float *restrict dark, const float *f0, const float *f1, float w, int32_t n);
	int32_t (*normalise_f32)(float *restrict out, const float *restrict raw,
		const float *restrict dark, const float *f0, const float *f1, float w, int32_t n);

	/* Columns [size, n - size) of the ratio test (recon/zinger.c); returns how many were replaced. */
	int32_t (*zinger)(float *restrict out, const float *above, const float *here,
		const float *below, int32_t n, int32_t size, float low, float high);

	/* data = -log(data), first raised to floor where below it or not finite; returns how many
	 * were. floor must be a normal number. */
	int32_t (*minus_log)(float *data, float floor, int32_t n);

	/* data = exp(-data), data first clipped to [-87, 87] */
	void (*exp_minus)(float *data, int32_t n);

	/* data = data + a2 data^2 + a3 data^3 */
	void (*harden)(float *data, float a2, float a3, int32_t n);

	/* data = data * factor */
	void (*scale)(float *restrict data, const float *restrict factor, int32_t n);

	/* sum += tap * (above + below) */
	void (*add_pair)(float *restrict sum, const float *restrict tap, const float *above,
		const float *below, int32_t n);
};

/* The table for this machine. */
const struct point_kernels *point_kernels(void);

#endif
