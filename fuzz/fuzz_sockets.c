/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets and network interfaces of a process, in an image with changes in it: a byte
 * for the layout, then what linux_image_change() takes. */
#include <stdlib.h>
#include <string.h>

#include <sonde/interface.h>
#include <sonde/socket.h>
#include "process_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_sockets(struct sonde_target *target)
{
	const struct sonde_socket *socket;
	struct sonde_sockets *sockets;
	struct sonde_error *error = sonde_sockets_open(target, NULL, &sockets);

	if (error) {
		sonde_error_destroy(error);
		return;
	}
	while ((socket = sonde_sockets_next(sockets)))
		if (!socket->protocol || (socket->local && strlen(socket->local) > 256))
			abort();
	sonde_sockets_close(sockets);
}

static void look(struct sonde_target *target)
{
	const struct sonde_interface *interface;
	struct sonde_interfaces *interfaces;
	struct sonde_error *error;

	look_at_sockets(target);
	error = sonde_interfaces_open(target, NULL, &interfaces);
	if (error) {
		sonde_error_destroy(error);
		return;
	}
	while ((interface = sonde_interfaces_next(interfaces)))
		if (!interface->addresses || strlen(interface->link) > 100)
			abort();
	sonde_interfaces_close(interfaces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct process_image images[PROCESS_LAYOUTS];
	struct process_image *image;

	if (!images[0].memory)
		for (unsigned i = 0; i < PROCESS_LAYOUTS; i++)
			process_image_begin(&images[i], i);
	if (!size)
		return 0;
	image = &images[data[0] % PROCESS_LAYOUTS];
	linux_image_restore(&image->tree.fake);
	linux_image_change(&image->tree.fake, data + 1, size - 1);
	look(&image->tree.fake.kernel.target);
	if (image->tree.fake.reads > 20000000)
		abort();
	return 0;
}
