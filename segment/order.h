/* SPDX-License-Identifier: BSD-3-Clause
 * Order statistics of short lists. */
#ifndef SEGMENT_ORDER_H
#define SEGMENT_ORDER_H

#include <stdint.h>

/* For qsort, ascending. */
int order_doubles(const void *a, const void *b);
/* Sorts. NAN when there are none. */
double order_median(double *values, int64_t n);

/* The value that k others are below or at, 0 <= k < n, no NAN among them. Rearranges, in time n. */
float order_pick(float *values, int64_t n, int64_t k);
/* NAN when there are none. Rearranges. */
float order_median_float(float *values, int64_t n);

#endif
