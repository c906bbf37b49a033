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
	const struct sonde_sockets_options options = {
		.size = sizeof(options), .users = true};
	const struct sonde_socket *socket;
	struct sonde_sockets *sockets;
	struct sonde_error *error = sonde_sockets_open(target, &options, &sockets);

	if (error) {
		sonde_error_destroy(error);
		return;
	}
	while ((socket = sonde_sockets_next(sockets)))
		if (!socket->protocol || (socket->local && strlen(socket->local) > 256) ||
			(socket->comm && !socket->pid))
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
	struct linux_image *image = process_image_changed(data, size);

	if (!image)
		return 0;
	look(&image->kernel.target);
	if (image->reads > 20000000)
		abort();
	return 0;
}
