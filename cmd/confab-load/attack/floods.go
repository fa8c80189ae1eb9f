package attack

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

// flooding is one way to flood a server.
type flooding struct {
	name, does  string
	members     bool // members do it, so a ban ends it
	files       bool // it opens files
	dials       bool // it makes connections of its own
	connections int  // of each attacker
	run         func(f *flood) error
}

// flood is the state of one connection of a flood.
type flood struct {
	*target
	context.Context
	who   int // of the attackers
	conn  *ssh.Client
	begun func() // called once it floods
	keys  func() ([]ssh.Signer, error)
	rekey bool // with every packet
}

// floods are the floods of the table.
func floods() []flooding {
	return []flooding{
		{name: "words", does: "command lines of many words and flags", members: true, connections: 4, run: floodWords},
		{name: "typing", does: "30 screens with 60 KB, typed in", members: true, connections: 15, run: floodTyping},
		{name: "names", does: "many names in one change", members: true, connections: 4, run: floodPeople},
		{name: "keys", does: "logins with many RSA keys", dials: true, connections: 4, run: floodKeys},
		{name: "rekey", does: "new keys all the time, members", members: true, connections: 5, run: floodRekeys},
		{name: "rekey-strangers", does: "new keys all the time, strangers", connections: 5, run: floodRekeys},
		{name: "reading", does: "SFTP looks up nobody, bots read", members: true, connections: 4, run: floodReading},
		{name: "handles", does: "open files", members: true, files: true, connections: 18, run: floodHandles},
	}
}

// FloodNames are the names of all floods.
func FloodNames() []string {
	var names []string
	for _, f := range floods() {
		names = append(names, f.name)
	}
	return names
}

// RunFlood is the other process. It floods until all its connections have ended,
// and prints a line when all of them flood.
func RunFlood(ctx context.Context, name string, in io.Reader, out io.Writer) error {
	var t target
	if err := json.NewDecoder(in).Decode(&t); err != nil {
		return err
	}
	for _, f := range floods() {
		if f.name != name {
			continue
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var all, begun sync.WaitGroup
		keys := sync.OnceValues(manyKeys)
		errs := make(chan error, len(t.Members)*f.connections)
		for who := range t.Members {
			for range f.connections {
				begun.Add(1)
				one := &flood{target: &t, Context: ctx, who: who, begun: sync.OnceFunc(begun.Done), keys: keys, rekey: strings.HasPrefix(f.name, "rekey")}
				all.Go(func() {
					defer one.begun()
					errs <- one.flood(f)
				})
			}
		}
		begun.Wait()
		fmt.Fprintln(out, "flooding")
		all.Wait()
		return <-errs // one reason is enough; the flood is expected to end
	}
	return fmt.Errorf("unknown flood %q", name)
}

// flood connects and floods until the connection ends.
func (f *flood) flood(how flooding) error {
	if how.dials {
		return how.run(f)
	}
	auth := noAnswers()
	if how.members {
		signer, err := ssh.NewSignerFromKey(ed25519.PrivateKey(f.Members[f.who].Key))
		if err != nil {
			return err
		}
		auth = ssh.PublicKeys(signer)
	}
	if err := f.dial(auth); err != nil {
		return err
	}
	defer f.conn.Close()
	return how.run(f)
}

func noAnswers() ssh.AuthMethod {
	return ssh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) { return nil, nil })
}

func (f *flood) dial(auth ...ssh.AuthMethod) error {
	hostKey, err := ssh.ParsePublicKey(f.HostKey)
	if err != nil {
		return err
	}
	conn, err := from(fmt.Sprintf("198.51.100.%d", 1+f.who))(f, f.Addr)
	if err != nil {
		return err
	}
	c := &ssh.ClientConfig{
		User: "x", Auth: auth, HostKeyCallback: ssh.FixedHostKey(hostKey), HostKeyAlgorithms: []string{hostKey.Type()},
	}
	if f.rekey {
		c.RekeyThreshold, c.KeyExchanges = 256, []string{ssh.KeyExchangeECDHP256} // the lowest threshold, and the most expensive exchange
	}
	secure, channels, requests, err := ssh.NewClientConn(conn, f.Addr, c)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	f.conn = ssh.NewClient(secure, channels, requests)
	return nil
}

// command runs a command and accepts any answer. An error means that the connection
// broke.
func (f *flood) command(line string) error {
	s, err := f.conn.NewSession()
	if err != nil {
		return err
	}
	defer s.Close()
	err = s.Run(line)
	if _, refused := errors.AsType[*ssh.ExitError](err); refused {
		return nil
	}
	return err
}

// over runs the lines in turn, several at once, until the connection ends.
func (f *flood) over(atOnce int, lines ...string) error {
	f.begun()
	return testbed.Each(f, 1<<30, atOnce, func(_ context.Context, i int) error { return f.command(lines[i%len(lines)]) })
}

func floodWords(f *flood) error {
	return f.over(8,
		"who"+strings.Repeat(" --json", 30_000),                    // 205 KB
		"who"+strings.Repeat(" --json", 6_000),                     // the longest line
		"send "+strings.Repeat("-", 500)+strings.Repeat(" x", 120), // the most that the parser reads
		"send nowhere "+strings.Repeat("x ", 8_000),
		"search "+strings.Repeat("a* ", 120),
	)
}

func floodPeople(f *flood) error {
	var hundred strings.Builder
	for i := range 100 {
		fmt.Fprintf(&hundred, " other%05d", i)
	}
	f.begun()
	return testbed.Each(f, 1<<30, 4, func(_ context.Context, i int) error {
		return f.command([]string{
			"add general" + strings.Repeat(" load0001", 20_000),
			"add general" + strings.Repeat(" other00001", 110),
			fmt.Sprintf("new n%d-%d-%s", f.who, i, rand.Text()[:8]) + hundred.String(),
		}[i%3])
	})
}

func floodTyping(f *flood) error {
	s, err := f.conn.NewSession()
	if err != nil {
		return err
	}
	if err := errors.Join(s.Setenv("LANG", "C.UTF-8"), s.RequestPty("xterm-256color", clients.ScreenHeight, clients.ScreenWidth, nil)); err != nil {
		return err
	}
	in, err := s.StdinPipe()
	if err != nil {
		return err
	}
	s.Stdout = io.Discard
	if err := s.Shell(); err != nil {
		return err
	}
	gone := make(chan error, 1)
	go func() { gone <- s.Wait() }()
	go func() {
		_, err := io.WriteString(in, "\x1b[200~"+strings.Repeat("a word ", 60_000/7)+"\x1b[201~"+strings.Repeat("\x1b[A", 300))
		f.begun()
		// These keys go into the middle, where all the text after them must be laid
		// out again.
		keys := strings.Repeat("xy \x1b[D\x7f\x17\x19", 1000)
		for err == nil {
			_, err = io.WriteString(in, keys)
		}
	}()
	return <-gone
}

// unsigned returns a public key of this many bits, whose private half nobody has.
// Making a real key takes minutes.
type unsigned struct{ key ssh.PublicKey }

// PublicKey implements [ssh.Signer].
func (u unsigned) PublicKey() ssh.PublicKey { return u.key }

// Sign implements [ssh.Signer]. It always fails.
func (unsigned) Sign(io.Reader, []byte) (*ssh.Signature, error) {
	return nil, errors.New("nobody has this key")
}

// floodRekeys exchanges keys with every packet.
func floodRekeys(f *flood) error {
	f.begun()
	for {
		if _, _, err := f.conn.SendRequest("x", false, nil); err != nil {
			return err
		}
	}
}

func floodKeys(f *flood) error {
	signers, err := f.keys()
	if err != nil {
		return err
	}
	f.begun()
	for f.Err() == nil {
		if err := f.dial(ssh.PublicKeys(signers...), noAnswers()); err == nil {
			_ = f.conn.Close()
		}
	}
	return f.Err()
}

// manyKeys returns RSA keys: as many as the server checks, and then some that are
// too long.
func manyKeys() ([]ssh.Signer, error) {
	var signers []ssh.Signer
	for range 5 {
		key, err := rsa.GenerateKey(rand.Reader, 4096)
		if err != nil {
			return nil, err
		}
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			return nil, err
		}
		signers = append(signers, signer)
	}
	for i := range 18 {
		n := new(big.Int).SetBit(big.NewInt(int64(2*i+1)), 16383, 1)
		key, err := ssh.NewPublicKey(&rsa.PublicKey{N: n, E: 65537})
		if err != nil {
			return nil, err
		}
		signers = append(signers, unsigned{key})
	}
	return signers, nil
}

func floodReading(f *flood) error {
	looking := make([]*sftp.Client, 8)
	for i := range looking {
		c, err := sftp.NewClient(f.conn)
		if err != nil {
			return err
		}
		looking[i] = c
	}
	s, err := f.conn.NewSession()
	if err != nil {
		return err
	}
	in, err := s.StdinPipe()
	if err != nil {
		return err
	}
	s.Stdout = io.Discard
	if err := s.Start("bot"); err != nil {
		return err
	}
	f.begun()
	return testbed.Each(f, 1+len(looking), 1+len(looking), func(_ context.Context, i int) error {
		for i == len(looking) {
			for _, line := range []string{`["who"]`, `["search","a*"]`, `["history","#general","--limit","0"]`, `["list"]`} {
				if _, err := io.WriteString(in, `{"run":`+line+"}\n"); err != nil {
					return err
				}
			}
		}
		for n := 0; ; n++ {
			_, err := looking[i].Stat(fmt.Sprintf("/@nobody%d", n))
			if errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.EOF) {
				return err
			}
		}
	})
}

func floodHandles(f *flood) error {
	return testbed.Each(f, 10, 10, func(_ context.Context, i int) error {
		c, err := sftp.NewClient(f.conn)
		if err != nil {
			return err
		}
		if i == 0 {
			if w, err := c.Create("general/held"); err == nil {
				_, _ = io.WriteString(w, "held")
				_ = w.Close()
			}
		}
		f.begun()
		var open []*sftp.File
		for range 64 {
			if r, err := c.Open("general/held"); err == nil {
				_, _ = r.Read(make([]byte, 1))
				open = append(open, r)
			}
		}
		err = c.Wait()
		_ = len(open) // they wait until then
		return err
	})
}
