/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel's interrupts: as they should be, and in trees that lie. */
#include "wire_check.h"

#include <sonde/irq.h>

#include "irq_image.h"

static struct irq_image image;

static struct sonde_irqs *open_irqs(void)
{
	struct sonde_irqs *irqs;

	check(sonde_irqs_open(&image.fake.kernel.target, &irqs));
	return irqs;
}

static void test_as_they_should_be(void **state)
{
	(void)state;
	for (unsigned structures = 0; structures < 2; structures++) {
		const struct sonde_irq *irq;
		const unsigned *cpus;
		struct sonde_irqs *irqs;
		size_t count;

		irq_image_begin(&image, structures);
		irqs = open_irqs();
		cpus = sonde_irqs_cpus(irqs, &count);
		assert_int_equal(count, IRQ_IMAGE_CPUS);
		assert_int_equal(cpus[0], 0);
		assert_int_equal(cpus[1], 1);
		assert_int_equal(cpus[2], 3);
		for (unsigned i = 0; i < IRQ_IMAGE_END; i += IRQ_IMAGE_EVERY) {
			irq = sonde_irqs_next(irqs);
			assert_int_equal(irq->number, i);
			assert_int_equal(irq->hardware_number, 1000 + i);
			assert_string_equal(irq->name, "first, second");
			assert_string_equal(irq->chip, "IO-APIC");
			assert_int_equal(irq->counts[0], i);
			assert_int_equal(irq->counts[1], 1);
			assert_int_equal(irq->counts[2], 0);
			assert_int_equal(irq->total, i + 1);
		}
		assert_null(sonde_irqs_next(irqs));
		assert_null(sonde_irqs_incomplete(irqs));
		sonde_irqs_close(irqs);
		irq_image_end(&image);
	}
}

static unsigned count_irqs(const char **incomplete)
{
	struct sonde_irqs *irqs = open_irqs();
	unsigned count = 0;

	*incomplete = sonde_irqs_incomplete(irqs);
	while (sonde_irqs_next(irqs))
		count++;
	sonde_irqs_close(irqs);
	assert_true(image.fake.reads < 2000000);
	return count;
}

static uint64_t slot_of(uint64_t node, unsigned number)
{
	return node + linux_image_offset(&image.fake, "struct xa_node", "slots") +
	       8 * (uint64_t)number;
}

static void test_trees_that_lie(void **state)
{
	const unsigned all = (IRQ_IMAGE_END - 1) / IRQ_IMAGE_EVERY + 1;
	const char *incomplete;

	(void)state;
	irq_image_begin(&image, false);
	/* A node that leads back to itself. */
	linux_image_put(&image.fake, slot_of(image.node, 1), image.node + 2, 8);
	assert_in_range(count_irqs(&incomplete), 10, all);
	assert_string_equal(incomplete, "the tree of interrupts has no end");
	/* Nodes and descriptors in a program, and where nothing is. */
	linux_image_restore(&image.fake);
	linux_image_put(&image.fake, slot_of(image.top, 1), 0x401002, 8);
	count_irqs(&incomplete);
	assert_non_null(incomplete);
	linux_image_restore(&image.fake);
	linux_image_put(&image.fake, slot_of(image.node, 2), 0x401000, 8);
	assert_int_equal(count_irqs(&incomplete), all);
	assert_string_equal(incomplete, "one of them lies where nothing can be read");
	/* Handlers without an end. */
	linux_image_restore(&image.fake);
	linux_image_set(
		&image.fake, image.descs[9], "struct irq_desc", "action", image.descs[9]);
	linux_image_set(
		&image.fake, image.descs[9], "struct irq_desc", "irq_data.irq", 0);
	linux_image_put(&image.fake, image.descs[9] + 8, image.descs[9], 8);
	assert_int_equal(count_irqs(&incomplete), all);
	/* One that came never, and that nobody handles, is none. */
	linux_image_restore(&image.fake);
	linux_image_set(&image.fake, image.descs[9], "struct irq_desc", "action", 0);
	linux_image_set(
		&image.fake, image.descs[9], "struct irq_desc", "kstat_irqs", 0x401000);
	assert_int_equal(count_irqs(&incomplete), all - 1);
	assert_null(incomplete);
	/* And one that the kernel does not show. */
	linux_image_restore(&image.fake);
	linux_image_set(&image.fake, image.descs[18], "struct irq_desc",
		"status_use_accessors", 1 << 20 | 256);
	assert_int_equal(count_irqs(&incomplete), all - 1);
	irq_image_end(&image);
}

static void test_missing(void **state)
{
	struct sonde_irqs *irqs;
	struct linux_image fake;

	(void)state;
	linux_image_begin(&fake, 4096, "struct irq_desc { u32 *kstat_irqs; };");
	linux_image_ready(&fake);
	check_says(sonde_irqs_open(&fake.kernel.target, &irqs), SONDE_ERROR_NOT_FOUND,
		"irq_data.irq");
	linux_image_end(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_they_should_be),
		cmocka_unit_test(test_trees_that_lie),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
