/* SPDX-License-Identifier: BSD-3-Clause
 * Two exact order statistics of any number of floats in two passes and 1 MB: the first pass counts
 * the upper 16 bits of the (order-preserving) keys, the second the lower 16 bits of those that share
 * their upper bits with a wanted one. Outliers do not coarsen it. Not-a-numbers and infinities do
 * not count. */
#ifndef IO_PERCENTILE_H
#define IO_PERCENTILE_H

#include "core/arena.h"

#include <stdint.h>

struct percentiles;

/* Shares in [0, 1]; NULL: no memory. */
struct percentiles *percentiles_new(double low, double high, struct arena *arena);
void percentiles_add(struct percentiles *p, const float *values, int64_t n);
/* After each of the two passes; how many values counted. */
int64_t percentiles_next(struct percentiles *p);
/* After the second: the values of rank floor(share * (n - 1) + 0.5), from 0. */
void percentiles_values(const struct percentiles *p, double *low, double *high);

#endif
