/* SPDX-License-Identifier: BSD-3-Clause
 * Kernels (files named kernel_*.c) are compiled once per instruction set level; each exports one
 * constant table of functions, and ISA_PICK() returns the table for this machine. */
#ifndef CORE_ISA_H
#define CORE_ISA_H

enum isa { ISA_V2, ISA_V3, ISA_V4 }; /* x86-64-v2 (SSE4.2), v3 (AVX2+FMA), v4 (AVX-512) */

/* The level in use: what the processor has, lowered by TOMOCHRON_ISA=v2|v3|v4 if that is set. */
enum isa isa_level(void);
const char *isa_name(void); /* "x86-64-v3" */

/* In kernel_X.c: const struct X_kernels ISA_NAME(X_kernels) = {...}; with -DISA_SUFFIX=_v3. */
#define ISA_JOIN_(name, suffix) name##suffix
#define ISA_JOIN(name, suffix)	ISA_JOIN_(name, suffix)
#define ISA_NAME(name)		ISA_JOIN(name, ISA_SUFFIX)

/* In X.c, after declaring the three: ISA_DECLARE(struct X_kernels, X_kernels); */
#define ISA_DECLARE(type, name) extern const type name##_v2, name##_v3, name##_v4
#define ISA_PICK(name)                                                                             \
	(isa_level() == ISA_V4 ? &name##_v4 : isa_level() == ISA_V3 ? &name##_v3 : &name##_v2)

#endif
