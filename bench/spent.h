/*
 * spent -- processor time of this process so far, in seconds.
 */
#ifndef BENCH_SPENT_H
#define BENCH_SPENT_H

#include <sys/resource.h>

static inline double
spent_cpu_s(void)
{
	struct rusage use;

	(void)getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

#endif
