package sshd

import (
	"context"
	"path"
	"strings"

	"confab/app/chat"
	"confab/app/command"
	"confab/app/service"
)

// runCommand runs the command of "ssh HOST COMMAND", and returns the exit status.
func (s *Server) runCommand(c *session, open *service.Session) int {
	return command.Run(c.ctx, command.Session{
		Chat:     open,
		Parser:   s.parser,
		In:       c,
		Out:      c.plain(c, c.term != ""),
		Err:      c.plain(c.Stderr(), true),
		Terminal: c.term != "",
		ASCII:    c.term != "" && c.ascii(),
		Zone:     c.terminal().Location(),
		Now:      s.service.Now,
		Screen: func(ctx context.Context, in chat.ConversationID) int {
			return await(s.show(ctx, c, c, open, in))
		},
		Plain: func(ctx context.Context, in chat.ConversationID) int {
			return s.showPlain(ctx, c, c, open, in)
		},
		Alive:   c.alive,
		Cut:     func() { _ = c.Close() },
		OnError: onError(c.log),
	}, c.command)
}

// alive asks the client whether it is still there. Input ends in the same way when the
// client ends it and when the connection breaks.
func (c *session) alive() bool {
	// A client that does not know the request answers "no", which also shows that it is there.
	_, err := c.SendRequest("keepalive@openssh.com", true, nil)
	return err == nil
}

// foreign returns why the server cannot run a command that rsync, git or another tool has
// sent, and what to use instead. It returns "" for all other commands.
func foreign(command string) string {
	name := path.Base(strings.Trim(program(command), "'\""))
	shell := name == "sh" || name == "bash" || name == "exec" || name == "umask" || name == "cd"
	switch {
	case name == "rsync":
		return "This server does not support rsync. Copy files with scp or sftp."
	case name == "mosh-server":
		return "This server does not support mosh, which starts a program on the server. Connect with ssh. Your draft is kept when a connection breaks."
	case shell && strings.Contains(command, "authorized_keys"):
		return "ssh-copy-id needs a shell, and this server has none. If you have an account, add a key with ssh HOST keys add. Otherwise, ssh HOST shows you how to join."
	case shell:
		return "This server has no shell. ssh HOST opens the chat, and ssh HOST help lists the commands."
	case strings.HasPrefix(name, "git-upload-") || name == "git-receive-pack":
		return "This server has no git repositories. It is a chat: ssh HOST opens it."
	}
	return ""
}

// program returns the first word of a command.
func program(command string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(command), " ")
	return word
}
