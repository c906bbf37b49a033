/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All commands, and what follows from the list of them. */
#ifndef SONDE_CLI_TABLE_H
#define SONDE_CLI_TABLE_H

#include "cli.h"

/** Every command, in the order of help; ends with NULL. */
extern const struct cli_command *const cli_table[];

/** Commands that this version knows by name only; ends with an entry without a name. */
extern const struct cli_command cli_absent_commands[];

extern const struct cli_command cli_command_break;
extern const struct cli_command cli_command_continue;
extern const struct cli_command cli_command_disasm;
extern const struct cli_command cli_command_dmesg;
extern const struct cli_command cli_command_files;
extern const struct cli_command cli_command_help;
extern const struct cli_command cli_command_finish;
extern const struct cli_command cli_command_follow;
extern const struct cli_command cli_command_info;
extern const struct cli_command cli_command_irq;
extern const struct cli_command cli_command_ls;
extern const struct cli_command cli_command_modules;
extern const struct cli_command cli_command_maps;
extern const struct cli_command cli_command_mounts;
extern const struct cli_command cli_command_net;
extern const struct cli_command cli_command_next;
extern const struct cli_command cli_command_pause;
extern const struct cli_command cli_command_print;
extern const struct cli_command cli_command_ps;
extern const struct cli_command cli_command_quit;
extern const struct cli_command cli_command_read;
extern const struct cli_command cli_command_regs;
extern const struct cli_command cli_command_resume;
extern const struct cli_command cli_command_set_reg;
extern const struct cli_command cli_command_shell;
extern const struct cli_command cli_command_step;
extern const struct cli_command cli_command_symbol;
extern const struct cli_command cli_command_syscalls;
extern const struct cli_command cli_command_translate;
extern const struct cli_command cli_command_type;
extern const struct cli_command cli_command_until;
extern const struct cli_command cli_command_watch;
extern const struct cli_command cli_command_write;

/** The command that is called @p name, or NULL. */
const struct cli_command *cli_table_find(const char *name);

/** Reports that there is no command @p name. Always CLI_USAGE. */
int cli_table_unknown(struct cli *cli, const char *name);

/**
 * "sonde regs [NAME...] [--cpu N]", as it is typed where @p cli is; NULL: the whole
 * program's. The caller frees.
 */
char *cli_usage_line(const struct cli *cli, const struct cli_command *command);

#endif
