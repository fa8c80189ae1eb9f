package sshd

import (
	"path"
	"strings"
)

// foreign says why a command that another tool sends to its far side cannot be
// carried out, and what to use instead; "" for all other commands.
func foreign(command string) string {
	name := path.Base(strings.Trim(program(command), "'\""))
	shell := name == "sh" || name == "bash" || name == "exec" || name == "umask" || name == "cd"
	switch {
	case name == "rsync":
		return "rsync is not understood here: copy files with scp or sftp."
	case name == "mosh-server":
		return "mosh is not understood here, as it starts a program on the server: connect with ssh. What you were writing is kept when a connection breaks."
	case shell && strings.Contains(command, "authorized_keys"):
		return "ssh-copy-id needs a shell, and there is none here. Members add a key with ssh HOST keys add, or /keys in the chat; everybody else is shown how to join by ssh HOST."
	case shell:
		return "There is no shell here: ssh HOST opens the chat, and ssh HOST help has the commands."
	case strings.HasPrefix(name, "git-upload-") || name == "git-receive-pack":
		return "There are no git repositories here: this is a chat, and ssh HOST opens it."
	}
	return ""
}

// program is the first word of a command.
func program(command string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(command), " ")
	return word
}
