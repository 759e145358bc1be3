/* SPDX-License-Identifier: BSD-3-Clause
 * Order statistics of short lists. */
#ifndef SEGMENT_ORDER_H
#define SEGMENT_ORDER_H

#include <stdint.h>

/* For qsort, ascending. */
int order_doubles(const void *a, const void *b);
/* Sorts. NAN when there are none. */
double order_median(double *values, int64_t n);

#endif
