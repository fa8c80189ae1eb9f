package main

import (
	"fmt"
	"net/netip"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/sshd"
)

// limitFlags are the limits of "confab serve". docs/security.md explains each of
// them.
type limitFlags struct {
	MaxConnections     int           `help:"Connections in all." env:"CONFAB_MAX_CONNECTIONS" default:"5000"`
	MaxPerAddress      int           `help:"Connections from one address." env:"CONFAB_MAX_PER_ADDRESS" default:"50"`
	MaxPerNetwork      int           `help:"Connections from one network: a /24 of IPv4 or a /64 of IPv6." env:"CONFAB_MAX_PER_NETWORK" default:"200"`
	MaxPerAccount      int           `help:"Connections of one account, to all servers of one chat together." env:"CONFAB_MAX_PER_ACCOUNT" default:"20"`
	MaxUnauthenticated int           `help:"Connections that are not a member's. Above that, the oldest one of the network with the most is closed." env:"CONFAB_MAX_UNAUTHENTICATED" default:"100"`
	AuthTime           time.Duration `help:"Time to log in." env:"CONFAB_AUTH_TIME" default:"60s"`
	MaxFailures        int           `help:"Connections from one address that end without a login, in 10 minutes." env:"CONFAB_MAX_FAILURES" default:"20"`
	TrustNetwork       []network     `help:"Networks exempt from the limits on addresses and networks. The machine itself always is." env:"CONFAB_TRUST_NETWORK" placeholder:"CIDR"`
	MaxChannels        int           `help:"Sessions of one connection." env:"CONFAB_MAX_CHANNELS" default:"10"`
	SessionTime        time.Duration `help:"Time that a connection can be open without a session." env:"CONFAB_SESSION_TIME" default:"60s"`
	SharedTime         time.Duration `help:"Time that a member's connection can stay open between two sessions, as with ssh's ControlPersist." env:"CONFAB_SHARED_TIME" default:"1h"`
	MaxInput           int           `help:"Bytes a second from one connection; a faster one is slowed down." env:"CONFAB_MAX_INPUT" default:"65536"`
	MaxFileInput       int           `help:"Bytes a second from one connection that copies files; a faster one is slowed down." env:"CONFAB_MAX_FILE_INPUT" default:"16777216"`
	Keepalive          time.Duration `help:"Silence after which the server asks a client whether it is still there. After three times as long the connection is closed." env:"CONFAB_KEEPALIVE" default:"30s"`
	IdleTimeout        time.Duration `help:"Time that a screen can be open without a key press." env:"CONFAB_IDLE_TIMEOUT" default:"0s"`
	EndingTime         time.Duration `help:"Time that a session has to restore its terminal and to say why, when somebody else ends it. Then its connection is closed." env:"CONFAB_ENDING_TIME" default:"500ms"`
	MaxMessages        int           `help:"Messages of one account in a minute. Above that, they are slowed down, then refused." env:"CONFAB_MAX_MESSAGES" default:"120"`
	MaxBotMessages     int           `help:"Messages of a bot's account in a minute. Above that, they are slowed down, then refused." env:"CONFAB_MAX_BOT_MESSAGES" default:"600"`
	MaxBytes           int           `help:"Bytes of one account's messages in a minute. Above that, they are slowed down, then refused." env:"CONFAB_MAX_BYTES" default:"524288"`
	MaxRequests        int           `help:"Requests of one account in a second, in units of about 0.1 ms of a core. Above that, they are slowed down, then refused." env:"CONFAB_MAX_REQUESTS" default:"500"`
	MaxConversations   int           `help:"Conversations of one account." env:"CONFAB_MAX_CONVERSATIONS" default:"500"`
	MaxMembers         int           `help:"Members of a group, apart from #general." env:"CONFAB_MAX_MEMBERS" default:"2000"`
}

// Validate implements kong's validation.
func (f limitFlags) Validate() error {
	for name, n := range map[string]int{
		"max-connections": f.MaxConnections, "max-per-address": f.MaxPerAddress, "max-per-network": f.MaxPerNetwork,
		"max-per-account": f.MaxPerAccount, "max-unauthenticated": f.MaxUnauthenticated, "max-failures": f.MaxFailures,
		"max-channels": f.MaxChannels, "max-input": f.MaxInput, "max-file-input": f.MaxFileInput, "max-messages": f.MaxMessages, "max-bot-messages": f.MaxBotMessages, "max-bytes": f.MaxBytes,
		"max-conversations": f.MaxConversations, "max-members": f.MaxMembers, "max-requests": f.MaxRequests,
	} {
		if n < 0 {
			return fmt.Errorf("--%s must be 0 (no limit) or more, not %d", name, n)
		}
	}
	for name, d := range map[string]time.Duration{
		"auth-time": f.AuthTime, "session-time": f.SessionTime, "shared-time": f.SharedTime, "keepalive": f.Keepalive, "idle-timeout": f.IdleTimeout,
	} {
		if d != 0 && d < time.Second {
			return fmt.Errorf("--%s must be a time of a second or more, such as 90s or 5m, or 0 for no limit, not %s", name, d)
		}
	}
	if d := f.EndingTime; d != 0 && d < leastEnding {
		return fmt.Errorf("--ending-time must be a time of %s or more, such as 500ms or 2s, or 0 for no limit, not %s", leastEnding, d)
	}
	return nil
}

// leastEnding is the shortest allowed time for a session to end. In less time, few sessions
// could restore their terminals.
const leastEnding = 100 * time.Millisecond

// server returns the limits on connections.
func (f limitFlags) server() sshd.Limits {
	trusted := make([]netip.Prefix, len(f.TrustNetwork))
	for i, n := range f.TrustNetwork {
		trusted[i] = n.Masked()
	}
	return sshd.Limits{
		Connections: f.MaxConnections, PerAddress: f.MaxPerAddress, PerNetwork: f.MaxPerNetwork, PerAccount: f.MaxPerAccount,
		Unauthenticated: f.MaxUnauthenticated, AuthTime: f.AuthTime, Failures: f.MaxFailures, Trusted: trusted,
		Channels: f.MaxChannels, SessionTime: f.SessionTime, SharedTime: f.SharedTime, Input: f.MaxInput, FileInput: f.MaxFileInput, Keepalive: f.Keepalive, Idle: f.IdleTimeout,
		Ending: f.EndingTime,
	}
}

// accounts returns the limits on accounts.
func (f limitFlags) accounts() service.Limits {
	return service.Limits{Messages: f.MaxMessages, BotMessages: f.MaxBotMessages, Requests: f.MaxRequests, Bytes: f.MaxBytes, Conversations: f.MaxConversations, Members: f.MaxMembers}
}

// keepFlag sets how long messages are kept.
type keepFlag struct {
	Keep keepTime `help:"Delete messages and files that are older than this, such as 90d or 12w; off keeps everything." default:"off" env:"CONFAB_KEEP" placeholder:"TIME"`
}

// keepTime is a time to keep messages, on the command line.
type keepTime time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *keepTime) UnmarshalText(text []byte) error {
	keep, err := chat.ParseKeep(string(text))
	*k = keepTime(keep)
	return err
}
