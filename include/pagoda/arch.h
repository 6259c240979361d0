/* SPDX-License-Identifier: MIT */
/*
 * <pagoda/arch.h> - all that the core asks of the world
 *
 * A port implements what is declared here, and nothing else of a port is seen by the core. Two parts:
 * functions, and what must be inline to be fast, which the port gives in <asm/arch.h>:
 *
 *	ARCH_CPU_STRIDE, arch_current(), arch_raw_cpu(), arch_light_barrier(), arch_slot_acquire(),
 *	arch_array_pop(), arch_array_push(), arch_array_swap(), arch_portable
 *
 * described at the end. The core's own entry points, which a port calls, are in <pagoda/machine.h>.
 */
#ifndef _PAGODA_ARCH_H
#define _PAGODA_ARCH_H

#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

struct array_cache;
struct cpu_slot;
struct task_struct;

/* ---- physical memory ---- */

/**
 * arch_ram_create - make physical memory and a window for the direct map
 * @end:        bytes of physical address space; all of it reads as zeros and costs nothing until written
 * @direct_end: physical addresses below this will be in the direct map
 *
 * Context: boot.
 * Return:  the address of physical address 0, aligned to 1 GiB; NULL when the host has no room.
 */
void *arch_ram_create(phys_addr_t end, phys_addr_t direct_end);

/**
 * arch_ram_map_direct - make a range accessible in the direct map
 * @start: physical address, page-aligned
 * @size:  bytes, page-aligned; the range lies below direct_end
 *
 * Context: boot. Return: 0 or -ENOMEM.
 */
int arch_ram_map_direct(phys_addr_t start, phys_addr_t size);

/**
 * arch_ram_map - map a range a second time, outside of the direct map
 * @start: physical address, page-aligned
 * @size:  bytes, page-aligned
 *
 * Context: boot. The mapping lives until arch_ram_destroy(). Return: its address, or NULL.
 */
void *arch_ram_map(phys_addr_t start, phys_addr_t size);

/* Takes back physical memory and every mapping of it. Context: boot. */
void arch_ram_destroy(void);

/**
 * arch_ram_read, arch_ram_write - copy from, to physical memory that may not be mapped
 * @phys: physical address
 * @buf:  the other side
 * @size: bytes
 *
 * Context: any.
 */
void arch_ram_read(phys_addr_t phys, void *buf, size_t size);
void arch_ram_write(phys_addr_t phys, const void *buf, size_t size);

/* ---- CPUs ---- */

/* The number of CPUs the host may ever have: largest number + 1. Context: boot. */
unsigned int arch_nr_cpus(void);

/**
 * arch_cpus_start - prepare for running on the machine's CPUs
 * @nr_cpus:  CPUs of the machine
 * @portable: do without restartable sequences even if the host has them
 *
 * Context: boot. Return: whether the portable variants are used.
 */
bool arch_cpus_start(unsigned int nr_cpus, bool portable);

/* The end of arch_cpus_start(): no thread's array operation finds anything any more. Context: boot. */
void arch_cpus_stop(void);

/* Fills in a thread's own number and name. Context: any; called once for a thread. */
void arch_task_init(struct task_struct *task);

/* Confines the calling thread to one CPU of the host; -1: to where it might run before. Return: 0 or -EINVAL. */
int arch_set_affinity(int cpu);

/**
 * arch_heavy_barrier - the strong half of an asymmetric pair of full barriers
 *
 * After it, every other thread has passed a full barrier; arch_light_barrier() is then a compiler
 * barrier. Where the host cannot do that, both are full barriers. Either way: when one thread writes A
 * and reads B with the light one between, and another writes B and reads A with the heavy one between,
 * at least one of them sees what the other wrote.
 *
 * Context: any. Costs a system call.
 */
void arch_heavy_barrier(void);

/**
 * arch_restart_cpus - restart all array operations that are under way, on every CPU
 *
 * After it, no thread uses an array pointer that it read before.
 *
 * Context: any. Costs a system call. Nothing to do for the portable variant.
 */
void arch_restart_cpus(void);

/* ---- waiting ---- */

/* Sleeps while *@word is @value, at most @timeout_ns (0: for ever); may wake for no reason. */
void arch_futex_wait(u32 *word, u32 value, u64 timeout_ns);
void arch_futex_wake(u32 *word, int nr_threads);

/* ---- the rest ---- */

/* Nanoseconds since some moment; never goes back. Context: any. */
u64 arch_clock(void);

/* Writes text to the console. @level: 0 .. 7. Context: any. */
void arch_console_write(int level, const char *text, size_t len);

/* Ends the machine after a panic message was written. */
void arch_stop(void) __noreturn;

/* The return addresses of the callers, the nearest first, @skip of them left out. Return: how many. */
unsigned int arch_backtrace(unsigned long *entries, unsigned int max, unsigned int skip);

/**
 * arch_symbol - name a code address
 * @buf:  gets "function+0x12/0x34 [module] (file.c:56)", as far as known; an unknown address as 0x…
 * @size: bytes of @buf
 *
 * Context: any; slow.
 */
void arch_symbol(unsigned long address, char *buf, size_t size);

/*
 * ---- inline, in <asm/arch.h> ----
 *
 * ARCH_CPU_STRIDE
 *	The distance between two CPUs' copies of per-CPU data in bytes, a power of two. A slot
 *	pointer below is that of CPU 0's copy.
 *
 * struct task_struct *arch_current(void)
 *	The calling thread's own task.
 *
 * unsigned int arch_raw_cpu(void)
 *	The machine CPU that runs the caller at this moment.
 *
 * void arch_light_barrier(void)
 *	See arch_heavy_barrier().
 *
 * struct cpu_slot *arch_slot_acquire(struct cpu_slot *slot0, u32 owner)
 *	Writes @owner to the slot of the CPU that runs the caller, if that slot has no owner.
 *	Returns the slot, or NULL.
 *
 * bool arch_array_pop(struct array_cache **slot0, void **object)
 * bool arch_array_push(struct array_cache **slot0, void *object)
 *	Take the last entry of the current CPU's array, or add one. False (and *object is NULL) when
 *	the array is empty, or full, and in a thread that has to go the portable way; the caller
 *	then goes the slow way.
 *
 * struct array_cache *arch_array_swap(struct array_cache **slot0, struct array_cache *replacement)
 *	Swaps the current CPU's array. Not for a thread that goes the portable way.
 *
 * bool arch_portable
 *	Whether all threads go the portable way; set by arch_cpus_start().
 */
#include <asm/arch.h>

#endif
