package screen

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// A picture goes in chunks that terminals take, and comes out whole.
func TestPicturesGoInChunks(t *testing.T) {
	for _, size := range []int{1, 3071, 3072, 3073, 10_000, MaxPicture} {
		png := bytes.Repeat([]byte{7}, size)
		sent := string(appendPicture(nil, png))
		var data strings.Builder
		chunks := regexp.MustCompile(`\x1b_G([^;]*);([^\x1b]*)\x1b\\`).FindAllStringSubmatch(sent, -1)
		for i, c := range chunks {
			if more := strings.Contains(c[1], "m=1"); more != (i < len(chunks)-1) || len(c[2]) > 4096 || strings.Contains(c[1], "a=t") != (i == 0) {
				t.Errorf("%d bytes: chunk %d of %d is %s with %d", size, i, len(chunks), c[1], len(c[2]))
			}
			data.WriteString(c[2])
		}
		if got, err := base64.StdEncoding.DecodeString(data.String()); err != nil || !bytes.Equal(got, png) {
			t.Errorf("%d bytes came out as %d, %v", size, len(got), err)
		}
	}
	if got := string(appendPicture(nil, make([]byte, MaxPicture+1))); got != freePicture {
		t.Errorf("the answer for a file that is too large is %q", got)
	}
}

// The picture is placed again only when its place or the lines have moved.
func TestPlacingAPicture(t *testing.T) {
	var w Writer
	f := Frame{W: 20, H: 6, Panes: []Pane{{W: 20, H: 6, Rows: []string{"1", "2", "3", "4", "5", "6"}}}}
	w.Append(nil, &f)
	f.Image = Image{X: 2, Y: 1, W: 8, H: 3, Height: 30}
	if got := string(w.Append(nil, &f)); !strings.Contains(got, "\x1b[2;3H\x1b_Gi=789419,p=1,a=p,C=1,q=2,c=8,r=3,y=0,h=30\x1b\\") {
		t.Errorf("it is placed by %q", got)
	}
	if got := string(w.Append(nil, &f)); got != "" {
		t.Errorf("it stays by %q", got)
	}
	f.Panes[0].Rows = []string{"2", "3", "4", "5", "6", "7"}
	if got := string(w.Append(nil, &f)); !strings.Contains(got, "a=p") {
		t.Errorf("after scrolling it is placed by %q", got)
	}
	f.Image = Image{}
	if got := string(w.Append(nil, &f)); !strings.Contains(got, hidePicture) {
		t.Errorf("it goes by %q", got)
	}
}

// However the answer is cut, nothing of it is typed, and only the right one counts.
func TestTheAnswerAboutGraphics(t *testing.T) {
	const answer = "\x1b_Gi=789419;OK\x1b\\"
	for cut := range len(answer) {
		in := Input{asked: 1}
		msgs := in.Feed([]byte(answer[:cut]))
		if d := in.Timeout(); d > 0 && d <= escTimeout {
			msgs = append(msgs, in.Flush()...)
		}
		msgs = append(msgs, in.Feed([]byte(answer[cut:]+"x"))...)
		typed, has := "", false
		for _, msg := range msgs {
			switch msg := msg.(type) {
			case tea.KeyPressMsg:
				typed += msg.Text
			case GraphicsMsg:
				has = true
			}
		}
		if !has || typed != "x" {
			t.Errorf("cut at %d: %v, typed %q", cut, has, typed)
		}
	}
	for _, other := range []string{"\x1b_Gi=789419;EINVAL:no\x1b\\", "\x1b_Gi=1;OK\x1b\\", "\x1b_Gi=789419;OKAY\x1b\\", "\x1b_x\x1b\\"} {
		in := Input{asked: 1}
		for _, msg := range in.Feed([]byte(other)) {
			t.Errorf("%q produces %T", other, msg)
		}
	}
}

// tmux and screen take the question for a title, so they are not asked.
func TestMultiplexersAreNotAsked(t *testing.T) {
	for names, want := range map[terminalNames]bool{
		{}: true, {version: "kitty(0.35.1)"}: true, {term: "tmux-256color"}: false, {term: "screen"}: false, {version: "tmux 3.4"}: false,
	} {
		s := session{opts: Options{Ask: true}, names: names}
		if s.askGraphics(); (len(s.raw) > 0) != want {
			t.Errorf("%+v: %v", names, !want)
		}
	}
}
