package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

const (
	// pause is the time between two actions of a person.
	pause = 20 * time.Millisecond
	// largest is the largest file that is sent. Files of whole blocks of 32 KiB would be
	// posted later, so all are smaller.
	largest = 30 << 10
)

// group is where everybody writes. #general would show how others come and go.
var group = "#" + fmt.Sprintf(testbed.GroupName, 0)

// person has a screen open, and acts over another connection. One goroutine acts at a time.
type person struct {
	testbed.Account
	team    *team
	hostKey ssh.PublicKey
	chance  *rand.Rand

	addr   string
	screen *clients.Client
	n      int // texts written
}

func (p *person) come(ctx context.Context, addr string) (err error) {
	p.addr = addr
	p.screen, err = p.open(ctx)
	return err
}

func (p *person) leave() {
	if p.screen != nil {
		p.screen.HangUp()
		<-p.screen.Ended
		p.screen = nil
	}
}

// open opens a screen on a connection of its own.
func (p *person) open(ctx context.Context) (*clients.Client, error) {
	view := clients.NewTally(clients.Schedule{Sessions: 1, Senders: 1}).Views[0]
	return clients.Connect(ctx, p.addr, p.hostKey, p.Account, &view)
}

// act does one thing.
func (p *person) act(ctx context.Context) error {
	select {
	case <-p.screen.Ended:
		return errors.New("the server has closed the screen")
	default:
	}
	keys := []string{clients.KeyPageUp, clients.KeyEnd, clients.KeyNext}
	switch n := p.chance.IntN(100); {
	case n < 35:
		return p.say()
	case n < 45:
		return p.edit()
	case n < 50:
		return p.remove()
	case n < 60:
		return p.react()
	case n < 70:
		return p.search()
	case n < 75:
		return p.run("history --limit 50 "+group, nil)
	case n < 80:
		return p.run("read "+group, nil)
	case n < 85:
		return p.upload()
	case n < 95:
		return p.screen.Press(keys[p.chance.IntN(len(keys))])
	default:
		return p.visit(ctx)
	}
}

// text returns a new text that nobody has written yet.
func (p *person) text() string {
	p.n++
	return fmt.Sprintf("%s writes text %d", p.Name, p.n)
}

func (p *person) say() error {
	text := p.text()
	var sent struct {
		ID  string
		Seq int64
	}
	if err := p.run("send --json "+group+" "+text, &sent); err != nil {
		return err
	}
	p.team.sent(p.Name, sent.ID, sent.Seq, text)
	return nil
}

func (p *person) edit() error {
	m := p.team.own(p.Name, p.chance)
	if m == nil {
		return p.say()
	}
	text := p.text()
	if err := p.run("edit "+m.id+" "+text, nil); err != nil {
		return err
	}
	p.team.edited(m, text)
	return nil
}

func (p *person) remove() error {
	m := p.team.own(p.Name, p.chance)
	if m == nil {
		return p.say()
	}
	if err := p.run("delete "+m.id, nil); err != nil {
		return err
	}
	p.team.edited(m, "")
	return nil
}

func (p *person) react() error {
	m := p.team.own(p.Name, p.chance)
	if m == nil {
		return p.say()
	}
	return p.run("react "+m.id+" :tada:", nil)
}

// search looks for what everybody writes. Before the first text, and while all are deleted,
// there is nothing to find, and the status is 1.
func (p *person) search() error {
	err := p.run("search writes", nil)
	if status, ok := errors.AsType[*ssh.ExitError](err); ok && status.ExitStatus() == 1 {
		return nil
	}
	return err
}

// upload sends a file and fetches it.
func (p *person) upload() error {
	c, err := clients.Login(context.Background(), p.addr, p.hostKey, p.Account)
	if err != nil {
		return err
	}
	defer c.HangUp()
	files, err := sftp.NewClient(c.Conn)
	if err != nil {
		return err
	}
	defer files.Close()
	content := make([]byte, 1+p.chance.IntN(largest))
	for i := range content {
		content[i] = byte(p.chance.Uint32())
	}
	p.n++
	path := fmt.Sprintf("/%s/%s-%d.bin", strings.TrimPrefix(group, "#"), p.Name, p.n)
	to, err := files.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return fmt.Errorf("sending %s: %w", path, err)
	}
	_, err = to.Write(content)
	if err := errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("sending %s: %w", path, err)
	}
	from, err := files.Open(path)
	if err != nil {
		return fmt.Errorf("fetching %s: %w", path, err)
	}
	defer from.Close()
	got, err := io.ReadAll(from)
	if err != nil {
		return fmt.Errorf("fetching %s: %w", path, err)
	}
	if !bytes.Equal(got, content) {
		return fmt.Errorf("%s came back with other contents", path)
	}
	return nil
}

// visit opens another screen, looks at it, and leaves.
func (p *person) visit(ctx context.Context) error {
	c, err := p.open(ctx)
	if err != nil {
		return err
	}
	err = c.Press(clients.KeyPageUp)
	if err == nil {
		_, err = c.Respond(ctx, clients.KeyRedraw)
	}
	c.HangUp()
	<-c.Ended
	return err
}

// run runs a command on a connection of its own. If answer is not nil, it gets the first
// line of the output.
func (p *person) run(command string, answer any) error {
	said, err := p.output(command)
	if err != nil {
		return err
	}
	if answer == nil {
		return nil
	}
	line, _, _ := bytes.Cut(said, []byte("\n"))
	if err := json.Unmarshal(line, answer); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}

// output runs a command and returns what it prints.
func (p *person) output(command string) ([]byte, error) {
	c, err := clients.Login(context.Background(), p.addr, p.hostKey, p.Account)
	if err != nil {
		return nil, err
	}
	defer c.HangUp()
	session, err := c.Conn.NewSession()
	if err != nil {
		return nil, err
	}
	defer session.Close()
	var wrong bytes.Buffer
	session.Stderr = &wrong
	said, err := session.Output(command)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", command, err, wrong.Bytes())
	}
	return said, nil
}
