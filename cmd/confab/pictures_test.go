package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// postsFile posts a file with the old protocol of scp.
func postsFile(t *testing.T, s *server, key gossh.Signer, name string, content []byte) {
	t.Helper()
	c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: "scp -t '#general'"})
	if _, err := fmt.Fprintf(c.in, "C0644 %d %s\n%s\x00", len(content), name, content); err != nil {
		t.Fatal(err)
	}
	if err := c.in.Close(); err != nil {
		t.Fatal(err)
	}
	if status := c.status(); status != 0 {
		t.Fatalf("scp: status %d", status)
	}
}

// ann posts a picture. bob looks at it with blocks, and with the graphics of his terminal. It
// goes when ann deletes it.
func TestPictures(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	img := image.NewRGBA(image.Rect(0, 0, 400, 100))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := range 50 {
		for x := range 400 {
			img.SetRGBA(x, y, color.RGBA{R: 255, A: 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	postsFile(t, s, keys[0], "flag.png", file.Bytes())
	bob.shows("flag.png")
	bob.press(keyEscape)
	bob.shows("v: picture")
	bob.press("v")
	red := func(screen string) bool { return strings.Contains(bob.received(), "\x1b[48;5;196m") }
	bob.until("the picture in red", red)
	bob.hides("Reading the picture")
	ann.settled()
	bob.press("v")
	bob.shows("v: picture, Esc ends")
	bob.press(keyEscape)
	bob.hides("Esc ends")

	// A terminal with few letters gets characters of different brightness.
	plain := s.ssh(options{keys: keys[1:2], env: map[string]string{"LANG": "C"}})
	plain.shows("flag.png")
	plain.press("/view", keyEnter)
	plain.shows("::::::::::")
	plain.shows("@@@@@@@@@@")

	// The terminal draws it itself, once the user wants that and it has answered.
	bob.say("/settings pictures kitty")
	bob.until("the question", func(string) bool { return strings.Contains(bob.received(), "a=q") })
	bob.press("\x1b_Gi=789419;OK\x1b\\")
	bob.press("/view", keyEnter)
	bob.until("a picture for the terminal", func(string) bool {
		got := bob.received()
		return strings.Contains(got, "a=t,t=d,f=100") && strings.Contains(got, "a=p,C=1")
	})
	bob.press(keyEscape)
	bob.until("the picture to go", func(string) bool { return strings.Contains(bob.received(), "a=d,d=I,i=789419") })

	// It also goes when a session ends that shows it.
	leaving := s.connect(keys[1])
	leaving.shows("flag.png")
	leaving.until("the question", func(string) bool { return strings.Contains(leaving.received(), "a=q") })
	leaving.press("\x1b_Gi=789419;OK\x1b\\", "/view", keyEnter)
	leaving.until("a picture for the terminal", func(string) bool { return strings.Contains(leaving.received(), "a=p,C=1") })
	leaving.press(keyCtrlD)
	if status := leaving.status(); status != 0 {
		t.Errorf("ssh exits %d", status)
	}
	if _, after, _ := strings.Cut(leaving.received(), "a=p,C=1"); !strings.Contains(after, "a=d,d=I,i=789419") {
		t.Error("the terminal keeps the picture")
	}

	// The picture goes with its message.
	ann.press(keyEscape)
	ann.shows("v: picture, Esc ends")
	ann.press("d")
	ann.shows("Delete for everyone? y/n")
	ann.press("y")
	plain.hides("@@@@@@@@@@")
	plain.shows("deleted")

	// Other files are refused, with a sentence.
	postsFile(t, s, keys[0], "fake.png", []byte("#!/bin/sh\n"))
	bob.shows("fake.png")
	bob.say("/view")
	bob.shows("Only PNG, JPEG, GIF and WebP pictures can be shown here")
	bomb := bytes.Replace(file.Bytes(), []byte("IHDR\x00\x00\x01\x90\x00\x00\x00\x64"), []byte("IHDR\x00\x00\xc3\x50\x00\x00\xc3\x50"), 1)
	postsFile(t, s, keys[0], "bomb.png", bomb)
	bob.shows("bomb.png")
	bob.say("/view")
	bob.shows("This picture is too large to be shown here")
}
