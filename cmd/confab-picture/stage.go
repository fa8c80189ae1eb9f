package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"
	"github.com/google/uuid"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/live"
	"confab/app/service"
	"confab/app/sshd"
	"confab/db/sqlite"
	"confab/keys"
	"confab/tui"
	"confab/tui/screen"
	"confab/tui/theme"
	"confab/tui/welcome"
)

// stage is a server without SSH. The scene sets its clock.
type stage struct {
	ctx      context.Context
	service  *service.Service
	pictures map[string][]byte // by file name

	mu  sync.Mutex
	now time.Time
}

// play runs one scene and returns its pictures, by file name.
func play(ctx context.Context, act scene) (pictures map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "confab-picture-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "confab.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s := &stage{ctx: ctx, pictures: make(map[string][]byte)}
	s.service, err = service.New(ctx, store, live.New(), service.Options{Now: s.clock, NewID: uuid.NewV7, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer s.service.Close("")
	return s.pictures, act(s)
}

func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// at sets the clock of the server.
func (s *stage) at(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = t
}

// join creates an account and opens a session of it.
func (s *stage) join(name string) (*service.Session, error) {
	seed := sha256.Sum256([]byte(name))
	public, err := gossh.NewPublicKey(ed25519.NewKeyFromSeed(seed[:]).Public())
	if err != nil {
		return nil, err
	}
	key, err := keys.FromPublicKey(public)
	if err != nil {
		return nil, err
	}
	if _, err := s.service.Accounts().AddKeys(s.ctx, name, []keys.Key{key}); err != nil && !errors.Is(err, chat.ErrConflict) {
		return nil, err
	}
	return s.service.Open(s.ctx, key.Fingerprint())
}

// watch has people open a conversation, as far as the server can see.
func (s *stage) watch(in chat.ConversationID, people ...*service.Session) error {
	for _, p := range people {
		if _, err := p.Receipts().Visit(s.ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// say posts a message to a conversation from the screen of one of its members.
func (s *stage) say(who *service.Session, in chat.ConversationID, body string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = who.Messages().Send(s.ctx, chat.NewMessage{ID: id, Conversation: in, Body: body, Read: true})
	return err
}

// terminal shows a session's screen.
type terminal struct {
	mu      sync.Mutex
	vt      *vt.Emulator
	batched bool          // writes that belong together are on their way
	batch   []byte        // what came of them
	changed chan struct{} // holds a token after a frame
	keys    *io.PipeWriter
	done    chan error
	session *service.Session
}

// shot is a picture of a screen.
type shot struct {
	file          string
	width, height int
	light         bool // on a light background
}

// both are a shot on a dark background, and the same on a light one.
func both(file string, width, height int) []shot {
	return []shot{{file + ".svg", width, height, false}, {file + "-light.svg", width, height, true}}
}

// shoot draws the screen of a person who opens a conversation, once for each shot. It
// presses the keys that until asks for, and waits until the screen shows what it should.
func (s *stage) shoot(who string, in chat.ConversationID, until func(*terminal) error, shots ...shot) error {
	for _, shot := range shots {
		session, err := s.join(who)
		if err != nil {
			return err
		}
		t := s.open(session, in, shot)
		if err := until(t); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", shot.file, err), t.close())
		}
		s.pictures[shot.file] = t.picture(shot.light)
		if err := t.close(); err != nil {
			return err
		}
	}
	return nil
}

// title is the title of the pictures' windows.
const title = "ssh chat.example.com"

// open shows the screen of a session on a new terminal, in a conversation. The conversation
// 0 stands for #general.
func (s *stage) open(session *service.Session, in chat.ConversationID, on shot) *terminal {
	t := &terminal{
		vt:      vt.NewEmulator(on.width, on.height),
		changed: make(chan struct{}, 1),
		done:    make(chan error, 1),
		session: session,
	}
	typed, keys := io.Pipe()
	t.keys = keys
	drawn := theme.TerminalOf([]string{"TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC"})
	drawn.SetGround(!on.light)
	model := tui.New(tui.Options{
		Chat: func() tui.Backend { return sshd.BackendOf(session) }, Self: session.User(), Open: in, Waits: session.Outstanding(),
		Reach:    welcome.Reach{Host: "chat.example.com", Port: "22"},
		Terminal: drawn,
		Now:      s.clock,
		Tick:     never,
		OnError:  func(string, error) {},
	})
	go func() {
		_, err := screen.Run(s.ctx, model, &screen.Options{
			In: typed, Out: t, Size: screen.Size{W: on.width, H: on.height},
			Wake: session.Mailbox().Wake(), Take: model.Take, Batch: t.together,
		})
		t.done <- err
	}()
	return t
}

// never is a clock that stands still, so timers on it never fire.
func never(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }

// Write draws a frame, or keeps a part of one until all of it is there: nobody may take a
// picture of half a frame.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.batched {
		t.batch = append(t.batch, p...)
		return len(p), nil
	}
	return t.draw(p)
}

// together says whether the writes from now on are parts of one frame.
func (t *terminal) together(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.batched = on; !on {
		_, _ = t.draw(t.batch) // an emulator in memory takes everything
		t.batch = t.batch[:0]
	}
}

// draw shows a frame. The caller holds the lock.
func (t *terminal) draw(frame []byte) (int, error) {
	select {
	case t.changed <- struct{}{}:
	default:
	}
	return t.vt.Write(frame)
}

// press sends keys, as the bytes that a terminal sends for them.
func (t *terminal) press(keys string) error {
	_, err := io.WriteString(t.keys, keys)
	return err
}

// shows waits until the screen has all of the texts.
func (t *terminal) shows(ctx context.Context, texts ...string) error {
	for {
		t.mu.Lock()
		got := t.vt.String()
		t.mu.Unlock()
		missing := ""
		for _, text := range texts {
			if !strings.Contains(got, text) {
				missing = text
			}
		}
		if missing == "" {
			return nil
		}
		select {
		case <-t.changed:
		case <-ctx.Done():
			return fmt.Errorf("the screen never showed %q:\n%s", missing, got)
		}
	}
}

// picture returns what the terminal shows now.
func (t *terminal) picture(light bool) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b bytes.Buffer
	draw := newDrawing(t.vt.Width(), t.vt.Height(), title, light)
	for y := range t.vt.Height() {
		draw.row(y, t.cells(y))
	}
	draw.cursor(t.vt.CursorPosition().X, t.vt.CursorPosition().Y)
	draw.writeTo(&b)
	return b.Bytes()
}

// cells returns the cells of a row. The caller holds the lock.
func (t *terminal) cells(y int) func(x int) cell {
	return func(x int) cell {
		c := t.vt.CellAt(x, y)
		return cell{text: c.Content, width: c.Width, style: c.Style}
	}
}

// close ends the session of the terminal.
func (t *terminal) close() error {
	err := t.keys.Close()
	<-t.done
	t.session.Close()
	return err
}
