/* SPDX-License-Identifier: BSD-3-Clause
 * fmax() and fmin() without their care for NaN, which makes them calls of a library. */
#ifndef TRUTH_LARGER_H
#define TRUTH_LARGER_H

static inline double larger(double a, double b)
{
	return a > b ? a : b;
}

static inline double smaller(double a, double b)
{
	return a < b ? a : b;
}

#endif
