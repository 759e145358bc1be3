/* SPDX-License-Identifier: BSD-3-Clause
 * Order statistics; see segment/order.h. */
#include "segment/order.h"

#include <math.h>
#include <stdlib.h>

int order_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double order_median(double *values, int64_t n)
{
	if (n < 1)
		return NAN;
	qsort(values, (size_t)n, sizeof(*values), order_doubles);
	return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

static void swap(float *a, float *b)
{
	float t = *a;

	*a = *b;
	*b = t;
}

/* Hoare's selection, about the middle of three. */
float order_pick(float *v, int64_t n, int64_t k)
{
	int64_t low = 0, high = n - 1;

	while (low < high) {
		int64_t i = low, j = high, middle = low + (high - low) / 2;
		float pivot;

		if (v[middle] < v[low])
			swap(&v[middle], &v[low]);
		if (v[high] < v[low])
			swap(&v[high], &v[low]);
		if (v[high] < v[middle])
			swap(&v[high], &v[middle]);
		pivot = v[middle];
		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (pivot < v[j])
				j--;
			if (i <= j)
				swap(&v[i++], &v[j--]);
		}
		if (k <= j)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
	return v[k];
}

float order_median_float(float *v, int64_t n)
{
	float upper;

	if (n < 1)
		return NAN;
	upper = order_pick(v, n, n / 2);
	return n % 2 ? upper : 0.5F * (upper + order_pick(v, n, n / 2 - 1));
}
