package sshd

import "confab/keys"

// Host has what the host of a server decides. See [Server.Host].
type Host struct{ server *Server }

// Host returns what the host decides.
func (s *Server) Host() Host { return Host{s} }

// CommandsNeed sets what a command line of the host's needs after the command to work on
// this server, such as " --data DIR". Call it before [Server.Serve].
func (h Host) CommandsNeed(option string) { h.server.hostOption = option }

// Trust makes the server accept the user certificates that these keys have signed. Call it
// before [Server.Serve].
func (h Host) Trust(authorities []keys.Key) {
	for _, k := range authorities {
		h.server.authorities = append(h.server.authorities, k.Fingerprint())
	}
}
